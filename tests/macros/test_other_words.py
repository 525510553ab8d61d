"""parse() of what MongoDB and spreadsheets write: milliseconds, exponents, floats at the digits that are shown."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.shop import Shop, messages, state

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONGODB = """
    with typed as (
        select
            n,
            {{ parse(json_text('document', 'born.$date'), 'date', name='day') }} as day,
            {{ json_timestamp('document', 'born.$date') }} as moment,
            {{ json_number('document', 'price.$numberDecimal') }} as price,
            {{ json_number('document', 'price.$numberDecimal', 'numeric(12, 2)', name='money') }} as money,
            {{ carry(key=['n']) }}
        from {{ source('shop', 'TABLE') }}
    )

    select *, {{ reject({}) }} from typed
    """


def long(millis: int) -> dict[str, Any]:
    """A date as Extended JSON writes it outside of 1970 to 9999."""
    return {"born": {"$date": {"$numberLong": str(millis)}}}


def test_dates_of_mongodb(shop: Shop) -> None:
    shop.table("people", MONGODB, "n integer, document jsonb")
    first, last = -62135596800000, 253402300799999
    millis = [-1, -86400000, -86400001, 0, first, last, -7305 * 86400000 + 123]
    shop.land("people", 1, [{"n": n, "document": long(value)} for n, value in enumerate(millis)])
    beyond = [first - 1, last + 1, 2**63 - 1, -(2**63)]
    shop.land("people", 2, [{"n": 100 + n, "document": long(value)} for n, value in enumerate(beyond)])
    shop.land("people", 3, [
        {"n": 200, "document": {"born": {"$date": "1985-03-04T00:00:00Z"}}},
        {"n": 201, "document": {"born": {"$date": "1985-03-04T00:00:00.500Z"}}},
        {"n": 202, "document": {"born": {"$date": {"$numberLong": "1e3"}}}},
    ])  # fmt: skip
    shop.write("models/moments.sql", "{{ config(materialized='table', schema='test') }}"
               "select n, {{ parse(json_text('document', 'born.$date'), 'timestamp', name='m') }} as m, "
               "{{ json_date('document', 'born.$date') }} as d from {{ source('shop', 'people') }}")  # fmt: skip
    shop.build()
    moments = {n: (m, d) for n, m, d in shop.rows("select n, m, d from dev_test.moments")}
    for n, value in enumerate(millis):
        moment = EPOCH + timedelta(milliseconds=value)
        assert moments[n] == (moment, moment.date() if value % 86400000 == 0 else None)
    assert [moments[100 + n] for n in range(len(beyond))] == [(None, None)] * len(beyond)
    assert moments[200] == (datetime(1985, 3, 4, tzinfo=UTC), date(1985, 3, 4))
    assert moments[201] == (datetime(1985, 3, 4, 0, 0, 0, 500000, tzinfo=UTC), None)
    assert moments[202] == (None, None)
    quarantine = {row[0]: row[1] for row in state(shop, "people")[1]}
    assert quarantine["100"] == ["day is not a date", "moment is not a timestamp"], "never silently"
    assert quarantine["201"] == ["day is not a date"]


def test_decimals_of_mongodb(shop: Shop) -> None:
    shop.table("prices", MONGODB, "n integer, document jsonb")
    given = [
        "1E+3",
        "0E-10",
        "1.5",
        "-1.25E-1",
        "1E+6111",
        "NaN",
        "9.999999999999999999999999999999999E+6144",
        "1E-6176",
    ]
    shop.land("prices", 1, [{"n": n, "document": {"price": {"$numberDecimal": v}}} for n, v in enumerate(given)])
    shop.build()
    found = {row[0]: (row[3], row[4]) for row in state(shop, "prices")[0]}
    quarantine = {int(row[0]): row[1] for row in state(shop, "prices")[1]}
    assert found == {0: (Decimal(1000), Decimal("1000.00")), 1: (Decimal("0E-10"), Decimal("0.00")),
                     2: (Decimal("1.5"), Decimal("1.50"))}  # fmt: skip
    # numeric takes them all; only the column of two decimals has no room
    assert {n: reasons for n, reasons in quarantine.items() if n != 5} == {
        n: ["money is not a numeric"] for n in (3, 4, 6, 7)
    }
    assert quarantine[5] == ["price is not a numeric", "money is not a numeric"]


SHEET = """
    with typed as (
        select
            n,
            {{ parse('price', 'numeric(12, 2)') }} as price,
            {{ parse('count', 'integer') }} as count,
            {{ parse('plain', 'numeric') }} as plain,
            {{ parse('at', 'timestamp') }} as at,
            {{ carry(key=['n'], unreadable=true) }}
        from {{ source('shop', 'TABLE') }}
    )

    select *, {{ reject({}) }} from typed
    """


@pytest.mark.parametrize("file", ["a/prices.xlsx", "PRICES.XLSM", "a/prices.csv"])
def test_floats_of_a_spreadsheet(shop: Shop, file: str) -> None:
    columns = "n text, price text, count text, plain text, at text, _file text, _line bigint, _error text"
    shop.table("sheet", SHEET, columns)
    rows = [
        {"n": "1", "price": "462.29999999999995", "count": "2.9999999999999996", "plain": "0.30000000000000004",
         "at": "2024-01-31"},
        {"n": "2", "price": "462.305", "count": "2.5", "plain": "12345678901234567",
         "at": "2024-01-31 10:00:00.500000"},
        {"n": "3", "price": "1.2345678901234e+2", "count": "1e+300", "plain": "1e-07", "at": "2024-02-30"},
        {"n": "4", "price": "462.3", "count": "3", "plain": "x", "at": "2024-01-31 10:00:00"},
        {"n": "5", "price": "1e999", "count": "-2147483648.0000002", "plain": "-8.100000000000001", "at": None},
    ]  # fmt: skip
    shop.land("sheet", 1, [row | {"_file": file, "_line": 2} for row in rows])
    picked = SHEET.split("typed as (")[1].split("{{ carry")[0].rstrip(" \n,") + " from {{ source('shop', 'sheet') }}"
    shop.write("models/shown.sql", "{{ config(materialized='table', schema='test') }}" + picked)
    shop.build()
    found = {row[0]: row[1:] for row in shop.rows("select n, price, count, plain, at from dev_test.shown")}
    day, noon = datetime(2024, 1, 31, tzinfo=UTC), datetime(2024, 1, 31, 10, tzinfo=UTC)
    sheet = not file.endswith("csv")
    shown = (Decimal("462.30"), 3, day) if sheet else (None, None, None)
    assert found == {
        "1": (*shown[:2], Decimal("0.30000000000000004"), shown[2]),
        "2": (None, None, Decimal("12345678901234567"), noon.replace(microsecond=500000)),
        "3": (None, None, Decimal("0.0000001"), None),
        "4": (Decimal("462.30"), 3, None, noon),
        "5": (None, -2147483648 if sheet else None, Decimal("-8.100000000000001"), None),
    }  # fmt: skip


def test_a_unit_test_of_a_spreadsheet(shop: Shop) -> None:
    columns = "n text, price text, count text, plain text, at text, _file text, _line bigint, _error text"
    shop.table("sheet", SHEET, columns)
    shop.write("models/staging/shop/_tests.yml", """
unit_tests:
  - name: floats
    model: stg_shop__sheet
    given:
      - input: source('shop', 'sheet')
        rows:
          - {n: "1", price: "462.29999999999995", _file: a.xlsx}
          - {n: "2", price: "462.29999999999995", _file: a.csv}
    expect:
      rows: [{n: "1", price: "462.30", _reasons: null}, {n: "2", price: null, _reasons: price is not a numeric}]
""")  # fmt: skip
    result = shop.dbt("build")
    assert result.success, messages(result)


RENAMED = """
{%- set users = source('shop', 'users') %}
with typed as (
    select n, {{ renamed(users, ['language', 'locale']) }} as locale, {{ carry(key=['n']) }} from {{ users }}
)

select *, {{ reject({}) }} from typed
"""


@pytest.mark.parametrize(
    "columns", ["n text, language text", "n text, locale text", "n text, locale text, language text"]
)
def test_a_unit_test_reads_a_renamed_column_by_the_names_that_landed(shop: Shop, columns: str) -> None:
    """Also where raw never had the older name, for the first landing came after the change."""
    shop.table("users", RENAMED, columns)
    name = columns.split()[-2]
    shop.write("models/staging/shop/_tests.yml", f"""
unit_tests:
  - name: languages
    model: stg_shop__users
    given: [{{input: "source('shop', 'users')", rows: [{{n: "1", {name}: sv}}]}}]
    expect: {{rows: [{{n: "1", locale: sv, _reasons: null}}]}}
""")  # fmt: skip
    result = shop.dbt("build")
    assert result.success, messages(result)


WHOLE = """
    with typed as (
        select
            n, {{ json_number('document', 'seats', 'integer') }} as seats,
            {{ json_number('document', 'a.total', 'bigint') }} as total, {{ carry(key=['n']) }}
        from {{ source('shop', 'TABLE') }}
    )

    select *, {{ reject({}) }} from typed
    """


def test_whole_numbers_of_a_document(shop: Shop) -> None:
    """5.0 is an integer, as MongoDB and JavaScript write one; 5.5 is none, and nothing is rounded."""
    shop.table("whole", WHOLE, "n integer, document jsonb")
    given = ["5", "5.0", "-5.000", "5.5", "5.05", "1e3", '"5.0"', '"5."', '".0"', '"5.0.0"', '"x.0"', "null",
             "3000000000.0", "1e20"]  # fmt: skip
    documents = [f'{{"seats": {value}, "a": {{"total": {value}}}}}' for value in given]
    shop.land("whole", 1, [{"n": n, "document": document} for n, document in enumerate(documents)])
    shop.build()
    staged, quarantine, _ = state(shop, "whole")
    assert {row[0]: row[1:3] for row in staged} == {
        0: (5, 5), 1: (5, 5), 2: (-5, -5), 5: (1000, 1000), 6: (5, 5), 11: (None, None),
    }  # fmt: skip
    both = ["seats is not an integer", "total is not a bigint"]
    assert {int(row[0]): row[1] for row in quarantine} == dict.fromkeys((3, 4, 7, 8, 9, 10, 13), both) | {12: both[:1]}
