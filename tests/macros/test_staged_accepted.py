"""Rows that a person accepted: one step for these rows alone, and the same by a full refresh."""

from datetime import UTC, datetime

import pytest

from tests.support.shop import MODEL, Shop, state

pytestmark = pytest.mark.slow

MODEL_NAME = "stg_shop__orders"
GIVEN = datetime(2026, 3, 1, tzinfo=UTC)


def accept(shop: Shop, key: str, reasons: str = "amount is negative") -> None:
    """What `weir quarantine accept` writes down, of the newest rejected version in dev's quarantine."""
    shop.execute(
        "insert into quality.accepted (model, key, load_id, seq, reasons, as_of, os_user, because) "
        "select model, key, load_id, seq, %s, %s, 'ann', 'it is a credit note' from dev_quality.quarantine "
        "where model = %s and key = %s order by seq desc limit 1",
        [reasons.split("; "), GIVEN, MODEL_NAME, key],
    )


def take_back(shop: Shop, key: str) -> None:
    shop.execute("update quality.accepted set undone_at = now() where key = %s and undone_at is null", [key])


def same_anew(shop: Shop) -> None:
    """A full refresh gives the same table, quarantine and counts."""
    before = state(shop, "orders")
    shop.build("--full-refresh")
    assert state(shop, "orders") == before


def message(result: object) -> str:
    return result.result[-1].message  # type: ignore[attr-defined]


def counts(shop: Shop, load: str = "load001") -> tuple[int, ...]:
    return shop.rows(
        "select distinct on (load_id) landed, accepted, accepted_by_hand, rejected from dev_ops.ledger "
        f"where load_id = '{load}' order by load_id, built_at desc"
    )[0]


def keys(shop: Shop) -> list[str]:
    return [row[3] for row in state(shop, "orders")[0]]


def full_refreshes(shop: Shop) -> int:
    return shop.rows("select count(distinct step_id) from dev_ops.ledger where full_refresh")[0][0]


@pytest.fixture
def orders(shop: Shop) -> Shop:
    """Load 1: an order that is sound, and two with negative amounts."""
    shop.table("orders")
    shop.land("orders", 1, [{"order_id": str(n), "amount": amount} for n, amount in enumerate(("1", "-2", "-3"), 1)])
    shop.build()
    return shop


def test_an_accepted_row_passes_alone_and_nothing_else_is_staged_anew(orders: Shop) -> None:
    before = orders.rows("select xmin::text, ctid::text from dev_staging.stg_shop__orders where _key = '1'")
    accept(orders, "2")
    assert message(orders.build()) == "1 accepted by hand"
    staged, quarantine, _ = state(orders, "orders")
    assert [(row[0], str(row[1]), row[2], row[4]) for row in staged] == [
        (1, "1.00", "load001", None),
        (2, "-2.00", "load001", None),
    ]
    assert [(row[0], row[6], row[7]) for row in quarantine] == [("2", GIVEN, "accepted"), ("3", None, None)]
    assert counts(orders) == (3, 1, 1, 1)
    assert orders.rows("select xmin::text, ctid::text from dev_staging.stg_shop__orders where _key = '1'") == before
    assert message(orders.build()) == "NOTHING NEW"
    assert full_refreshes(orders) == 1
    same_anew(orders)
    assert counts(orders) == (3, 1, 1, 1)
    assert message(orders.build()) == "NOTHING NEW"


def test_a_new_version_is_judged_anew(orders: Shop) -> None:
    orders.land("orders", 2, [{"order_id": "4", "amount": "-4"}])
    orders.build()
    for key in ("2", "3", "4"):
        accept(orders, key)
    orders.build()
    assert keys(orders) == ["1", "2", "3", "4"]
    assert orders.rows("select _known_from is null from dev_staging.stg_shop__orders where _key = '4'") == [(False,)]
    orders.land("orders", 3, [{"order_id": "2", "amount": "-9"}, {"order_id": "4", "amount": "4"}])
    orders.build()
    assert keys(orders) == ["1", "3", "4"]
    assert [(row[0], row[7]) for row in state(orders, "orders")[1]] == [
        ("2", "accepted"), ("2", None), ("3", "accepted"), ("4", "accepted"),
    ]  # fmt: skip
    same_anew(orders)
    orders.land("orders", 4, [{"_op": "delete", "order_id": "3"}, {"_op": "delete", "order_id": "2"}])
    orders.build()
    assert keys(orders) == ["1", "4"]
    same_anew(orders)


def test_accepted_while_a_newer_load_waits(orders: Shop) -> None:
    """The acceptance first, then the load: as they came."""
    orders.land("orders", 2, [{"order_id": "2", "amount": "7"}, {"order_id": "5", "amount": "-5"}])
    accept(orders, "2")
    accept(orders, "3")
    assert message(orders.build()) == "2 accepted by hand, 2 landed, 1 accepted, 1 rejected"
    assert keys(orders) == ["1", "2", "3"]
    assert [(row[0], row[7]) for row in state(orders, "orders")[1]] == [
        ("2", "accepted"), ("3", "accepted"), ("5", None),
    ]  # fmt: skip
    assert full_refreshes(orders) == 1
    same_anew(orders)


def test_taken_back(orders: Shop) -> None:
    before = state(orders, "orders")
    accept(orders, "2")
    take_back(orders, "2")
    assert message(orders.build()) == "NOTHING NEW", "before it was built"
    accept(orders, "2")
    orders.build()
    take_back(orders, "2")
    assert message(orders.build()) == "1 taken back"
    assert state(orders, "orders") == before
    assert counts(orders) == (3, 1, 0, 2)
    same_anew(orders)
    accept(orders, "2")
    accept(orders, "3")
    orders.build()
    take_back(orders, "3")
    orders.land("orders", 2, [{"order_id": "3", "amount": "3"}])
    assert message(orders.build()) == "1 taken back, 1 landed, 1 accepted"
    assert [(row[0], row[7]) for row in state(orders, "orders")[1]] == [("2", "accepted"), ("3", "mended")]
    same_anew(orders)


def test_what_came_too_late_for_a_step_of_its_own_is_staged_from_all_loads(orders: Shop) -> None:
    accept(orders, "2")
    orders.execute("update quality.accepted set undone_at = now()")  # a build that was under way did not see it
    orders.land("orders", 2, [{"order_id": "2", "amount": "2"}])
    orders.build()
    orders.execute("update quality.accepted set undone_at = null")
    orders.build()
    assert full_refreshes(orders) == 2
    assert [(row[0], row[7]) for row in state(orders, "orders")[1]] == [("2", "accepted"), ("3", None)]
    same_anew(orders)
    take_back(orders, "2")
    orders.build()
    assert full_refreshes(orders) == 4
    assert [(row[0], row[7]) for row in state(orders, "orders")[1]] == [("2", "mended"), ("3", None)]


def test_it_holds_for_the_reasons_that_were_known(orders: Shop) -> None:
    accept(orders, "2")
    orders.build()
    path = "models/staging/shop/stg_shop__orders.sql"
    model = MODEL.replace("TABLE", "orders")
    orders.write(path, model.replace("'amount < 0'", "'amount < 0', 'amount is -2': 'amount = -2'"))
    assert message(orders.build()) == "3 landed, 1 accepted, 2 rejected"
    assert [(row[0], row[1], row[7]) for row in state(orders, "orders")[1]] == [
        ("2", ["amount is negative", "amount is -2"], None),
        ("3", ["amount is negative"], None),
    ]
    assert message(orders.build()) == "NOTHING NEW"
    orders.write(path, model)
    assert message(orders.build()) == "3 landed, 1 accepted, 1 accepted by hand, 1 rejected"


def test_a_value_that_does_not_parse_becomes_null(orders: Shop) -> None:
    orders.land("orders", 2, [{"order_id": "7", "amount": "N/A"}])
    orders.build()
    accept(orders, "7", "amount is not a numeric")
    orders.build()
    assert state(orders, "orders")[0][-1][:2] == (7, None)
    same_anew(orders)
