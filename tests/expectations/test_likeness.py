"""New rows beside those before: what is unlike is told in plain words, and what is usual is not."""

import json
from datetime import UTC, datetime

import pytest
from psycopg.rows import dict_row

from expectations.limits.likeness import profile, unlike
from weir.warehouse import Role, connect

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = ("raw_shop", "orders")
FIRST = "n, 'Ann ' || n, 5 + n % 90, (10 + n % 7)::text, date '2024-01-01' + n % 365, '2024-02-0' || (1 + n % 9), null"


@pytest.fixture
def orders(warehouse):
    """A function that lands rows n = 1 … `rows`, each the values of the expression; returns what is unlike before."""
    with connect(Role.OWNER, row_factory=dict_row) as connection:
        connection.execute("""create schema raw_shop; create table raw_shop.orders (id bigint, name text,
            amount numeric, price text, day date, paid text, note text, _dlt_load_id text, _op text)""")
        past = []

        def land(values=FIRST, rows=200):
            load = f"load{len(past)}"
            connection.execute(
                f"insert into raw_shop.orders select {values}, '{load}', 'upsert' from generate_series(1, {rows}) n"
            )
            new = profile(connection, PLACE, [load], not past)
            found = unlike(new, past, NOW)
            past.append(json.loads(json.dumps(new)))
            return found

        land()
        land.past = past
        yield land


UNLIKE = [
    ("amounts in cents", (2, "(5 + n % 90) * 100"), "amount has the median 4,400, 44 before"),
    ("amounts without a value", (2, "0"), "amount is 0 in 100% of the rows, in 0% before"),
    ("amounts in text, in cents", (3, "(1000 + n % 7)::text"), "price has the median 1,000, 13 before"),
    ("an absurd one", (2, "case when n = 7 then 1e9 else 5 + n % 90 end"),
     "amount is up to 1,000,000,000, where 94 was the most"),
    ("a column gone blank", (1, "case when n > 20 then '' end"), "name is empty in 100% of the rows, in 0% before"),
    ("a wrong encoding", (1, "'RenÃ© ' || n"), "name has 200 texts in a wrong encoding, none before"),
    ("texts cut", (1, "chr(65 + n % 20)"), "name is 1 letters long on average, 6.5 before"),
    ("a column stuck", (2, "7"), "amount has one value in all 200 rows, 90 values before"),
    ("moments of 1970", (4, "date '1970-01-01'"), "day goes back to 1970-01, 2024-01 was the earliest"),
    ("moments in text, far ahead", (5, "'2099-01-01'"), "paid goes on to 2099-01, 2024-02 was the latest"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "said"), [row[1:] for row in UNLIKE], ids=[row[0] for row in UNLIKE])
def test_what_is_unlike_is_told_once(orders, values, said):
    parts = FIRST.split(", ")
    parts[values[0]] = values[1]
    assert orders(", ".join(parts)) == [said]
    assert orders(", ".join(parts)) == []  # known by now


def test_usual_rows_are_like_those_before(orders):
    assert orders() == []
    assert orders(FIRST.replace("n, 'Ann '", "n + 1000, 'Bob '").replace("2024", "2025")) == []
    assert orders(FIRST.replace("date '2024-01-01' + n % 365", "date '2025-12-31'"), 60) == []  # all of today
    assert orders(FIRST.replace("5 + n % 90", "null"), 2) == []  # too few to judge


def test_a_profile_holds_no_value_of_a_row(orders):
    kept = json.dumps(orders.past)
    assert kept != "{}" and "Ann" not in kept and "2024-01-02" not in kept and '"first": "2024-01"' in kept
