"""`weir quarantine MODEL` names the value and what is wrong with it; values that are personal stay covered."""

import pytest

from cli.quarantine.show import show_quarantine
from tests.support.shop import Shop

MODEL = """
with typed as (
    select
        n,
        {{ parse('amount', 'numeric(6, 2)') }} as amount,
        {{ parse('seats', 'integer') }} as seats,
        {{ parse('ended', 'date') }} as end_date,
        {{ parse('started', 'date') }} as start_date,
        {{ json_number('document', 'meta.score', 'integer') }} as score,
        {{ parse('phone', 'bigint') }} as phone,
        {{ carry(key=['n']) }}
    from {{ source('shop', 'TABLE') }}
)

select *, {{ reject({
    'amount is negative': 'amount < 0',
    'it ends before it starts': 'end_date < start_date',
    'it''s never right': 'n = 99',
}) }} from typed
"""
MARKED = """
models:
  - name: stg_shop__lines
    columns: [{name: phone, config: {meta: {pii: phone}}}, {name: start_date, config: {meta: {pii: birth_date}}}]
"""
CASES = {
    1: ({"amount": "462.299"}, "amount has 3 decimals, 2 are allowed: 462.299"),
    2: ({"amount": "123456.5"}, "amount has 6 digits before the point, 4 are allowed: 123456.5"),
    3: ({"amount": "12,5"}, "amount is not a numeric: '12,5'"),
    4: ({"amount": "-5.00"}, "amount is negative: '-5.00'"),
    5: ({"seats": "5.5"}, "seats has decimals, none are allowed: 5.5"),
    6: ({"seats": "3000000000"}, "seats is beyond what integer holds: 3000000000"),
    7: ({"ended": ""}, "end_date is not a date: ''"),
    8: ({"ended": "2024-02-30"}, "end_date is not a date: '2024-02-30'"),
    9: ({"ended": "2024-01-01", "started": "2024-01-02"},
        "it ends before it starts: end_date '2024-01-01', start_date ‹birth date, 10 characters›"),
    10: ({"document": {"meta": {"score": "high"}}}, "score is not an integer: 'high'"),
    11: ({"document": {"meta": {"score": 5.5}}}, "score has decimals, none are allowed: 5.5"),
    12: ({"phone": "+49 30 1234"}, "phone is not a bigint: ‹phone, 11 characters›"),
    13: ({"ended": "x" * 300}, "end_date is not a date: '" + "x" * 60 + "…'"),
    99: ({}, "it's never right: 99"),
}  # fmt: skip


def test_the_value_and_what_is_wrong_with_it(
    shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    columns = "n integer, amount text, seats text, ended text, started text, document jsonb, phone text"
    shop.table("lines", MODEL.replace("it''s", "it\\'s"), columns)
    shop.write("models/staging/shop/stg_shop__lines.yml", MARKED)
    shop.land("lines", 1, [{"n": n, **values} for n, (values, _) in CASES.items()])
    shop.build()
    capsys.readouterr()
    assert show_quarantine("stg_shop__lines", dev=True) == 0
    listed = capsys.readouterr().out
    for n, (_, says) in CASES.items():
        assert f"{n} {says} 2026" in " ".join(listed.split()), listed
    assert "1234" not in listed.replace("123456", "") and "2024-01-02" not in listed
    assert show_quarantine("stg_shop__lines", key="1", dev=True) == 0
    assert "amount has 3 decimals, 2 are allowed: 462.299  (first seen" in capsys.readouterr().out
    # the reasons by which rows are counted stay as they are
    assert ("amount is not a numeric", 3) in shop.rows(
        "select array_to_string(reasons, '; '), count(*) from dev_quality.quarantine group by 1"
    )
