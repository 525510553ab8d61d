"""Rules that warn: the row is accepted, what is odd about it is kept beside it and counted."""

import pytest

from cli.quarantine.show import show_quarantine
from tests.support.shop import MODEL, Shop, messages, state

WARN = MODEL.replace(
    "{'amount is negative': 'amount < 0'}",
    "{'amount is negative': 'amount < 0'}, "
    "warn={'amount is large': 'amount > 100', \"it's a round sum\": 'amount % 100 = 0'}",
)
UNIT = """
unit_tests:
  - name: a_large_amount_warns
    model: stg_shop__orders
    given:
      - input: source('shop', 'orders')
        rows:
          - {order_id: "1", amount: "500", _op: upsert}
          - {order_id: "2", amount: "5", _op: upsert}
          - {order_id: "3", amount: "-5", _op: upsert}
    expect:
      rows:
        - {order_id: 1, _reasons: null, _warnings: "amount is large; it's a round sum"}
        - {order_id: 2, _reasons: null, _warnings: null}
        - {order_id: 3, _reasons: amount is negative, _warnings: null}
"""


def test_a_row_with_a_warning_is_accepted_and_counted(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.table("orders", WARN)
    amounts = {"1": "500", "2": "5", "3": "-5", "4": "250.50", "5": "N/A", "6": "-1000"}
    shop.land("orders", 1, [{"order_id": key, "amount": amount} for key, amount in amounts.items()])
    shop.build()
    assert shop.rows("select _key, _warnings from dev_staging.stg_shop__orders order by 1") == [
        ("1", "amount is large; it's a round sum"), ("2", None), ("4", "amount is large"),
    ]  # fmt: skip
    assert [row[:2] for row in state(shop, "orders")[1]] == [
        ("3", ["amount is negative"]), ("5", ["amount is not a numeric"]), ("6", ["amount is negative"]),
    ]  # fmt: skip
    assert show_quarantine(dev=True) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Accepted with a warning" in told
    assert "stg_shop__orders amount is large 2 1 stg_shop__orders it's a round sum 1 1" in told

    shop.land("orders", 2, [{"order_id": "1", "amount": "50"}, {"order_id": "6", "amount": "101"}])
    shop.build()
    before = state(shop, "orders")
    assert [row[2] for row in before[0]] == [None, None, "amount is large", "amount is large"]
    shop.build("--full-refresh")
    assert state(shop, "orders") == before


def test_unit_tests_reach_the_rules(shop: Shop) -> None:
    shop.table("orders", WARN)
    shop.write("models/staging/shop/stg_shop__orders.yml", UNIT)
    shop.build("--empty")
    result = shop.dbt("test", "--select", "test_type:unit")
    assert result.success, messages(result)


def test_a_model_without_such_rules_has_no_such_column(shop: Shop) -> None:
    shop.table("orders")
    shop.land("orders", 1, [{"order_id": "1", "amount": "500"}])
    shop.build()
    assert "_warnings" not in messages(shop.dbt("compile"))
    assert shop.rows("select count(*) from pg_attribute where attname = '_warnings'") == [(0,)]


@pytest.mark.parametrize(
    ("warn", "says"),
    [
        ("['amount > 100']", "rules are reasons, each with its condition"),
        ("{'amount is negative': 'amount < -5'}", '"amount is negative" in stg_shop__orders both rejects and warns'),
        ("{'odd; very': 'true'}", 'the reason "odd; very" holds a semicolon'),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused(shop: Shop, warn: str, says: str) -> None:
    rules = "{'amount is negative': 'amount < 0'}"
    shop.table("orders", MODEL.replace(rules, f"{rules}, warn={warn}"))
    assert says in messages(shop.dbt("run"))
