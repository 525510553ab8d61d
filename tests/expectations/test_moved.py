"""Moments that moved alike in many changed rows are told, once; ordinary updates are not."""

import json
from datetime import UTC, datetime

import pytest
from psycopg import sql
from psycopg.rows import dict_row

from expectations.limits.likeness import profile
from expectations.limits.moved import MOST, moved
from weir.warehouse import Role, connect

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = ("raw_shop", "Rentals of 'all'")
COLUMNS = {"rented": "timestamp without time zone", "paid": "timestamp with time zone", "due": "date", "told": "text",
           "name": "text"}  # fmt: skip
FIRST = {
    "rented": "timestamp '2024-01-01 10:00:07' + n * interval '31 hours'",
    "paid": "timestamptz '2024-02-01 10:00:07.25+00' + n * interval '29 minutes'",
    "due": "date '2024-01-01' + n * 3",
    "told": "to_char(timestamp '2024-03-01 08:00' + n * interval '7 minutes', 'YYYY-MM-DD\"T\"HH24:MI:SSZ')",
    "name": "case when n > 0 then 'Ann ' || n end",
}


@pytest.fixture
def rentals(warehouse):
    """A function that lands rows n = 1 … `rows`, some values by other expressions; returns what moved."""
    name = sql.Identifier(*PLACE)
    with connect(Role.OWNER, row_factory=dict_row) as connection:
        columns = ", ".join(f"{column} {type_}" for column, type_ in COLUMNS.items())
        connection.execute("create schema raw_shop")
        connection.execute(
            sql.SQL("create table {} (id bigint, " + columns + ", _dlt_load_id text, _op text, "
                    "_seq bigint generated always as identity)").format(name)
        )  # fmt: skip
        loads = []

        def land(rows=60, op="upsert", key=("id",), first=1, **others):
            loads.append(f"load{len(loads)}")
            values = ", ".join({**FIRST, **others}.values())
            connection.execute(
                sql.SQL("insert into {} select n, " + values + ", {}, {} from generate_series({}, {}) n").format(
                    name, loads[-1], op, first, first + rows - 1
                )
            )
            seen = json.loads(json.dumps(profile(connection, PLACE, loads[-1:], rows)))
            return moved(connection, PLACE, key, loads[-1], seen, NOW)

        land.connection = connection
        assert land() == {}  # the first load has none before
        yield land


SWAPPED = (
    "case when extract(day from {0}) < 13 then make_date(extract(year from {0})::int, extract(day from {0})::int, "
)
SWAPPED += "extract(month from {0})::int) else {0} end"
MOVED = [
    ("due", SWAPPED.format(f"({FIRST['due']})"), "day and month of due are swapped", "in 23 rows"),
    ("rented", f"{FIRST['rented']} + interval '9 hours'", "rented moved by 9 hours", "in 60 of 60 changed rows"),
    ("paid", f"{FIRST['paid']} - interval '5 hours 30 minutes' * (n % 2)", "paid moved back by 5 hours 30 minutes",
     "in 30 of 30 changed rows"),
    ("paid", f"{FIRST['paid']} + case when n > 40 then n * interval '1 hour' else interval '45 minutes' end",
     "paid moved by 45 minutes", "in 40 of 60 changed rows"),
    ("paid", f"date_trunc('second', {FIRST['paid']}) + case when n < 21 then interval '9 hours' else interval '0' end",
     "paid moved by 9 hours", "in 20 of 20 changed rows"),
    ("due", f"{FIRST['due']} + 1", "due moved by 1 day", "in 60 of 60 changed rows"),
    ("told", FIRST["told"].replace("08:00", "10:00"), "told moved by 2 hours", "in 60 of 60 changed rows"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value", "what", "where"), MOVED)
def test_what_moved_alike_is_told(rentals, column, value, what, where):
    assert rentals(**{column: value}) == {what: where}


ORDINARY = [
    ("updated to now", "paid", "now() + n * interval '3 seconds'"),
    ("updated at one moment", "paid", "timestamptz '2026-01-01 06:00:00+00'"),
    ("exported on one day", "due", "date '2024-12-31'"),
    ("by no even span", "paid", f"{FIRST['paid']} + interval '7 minutes'"),
    ("in another zone, at the same moment", "told",
     FIRST["told"].replace("08:00", "10:00").replace("SSZ", 'SS"+02:00"')),
    ("by hours beyond a day", "paid", f"{FIRST['paid']} + interval '25 hours'"),
    ("in 19 rows", "paid", f"{FIRST['paid']} + case when n < 20 then interval '9 hours' else interval '0' end"),
    ("in fewer than half", "paid",
     f"{FIRST['paid']} + case when n < 26 then interval '9 hours' else n * interval '1 s' end"),
    ("no dates", "told", "case n % 3 when 0 then '2024-02-31' when 1 then 'soon' end"),
    ("no end", "due", "'infinity'"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value"), [each[1:] for each in ORDINARY], ids=[each[0] for each in ORDINARY])
def test_ordinary_updates_are_not_told(rentals, column, value):
    assert rentals(**{column: value}) == {}


def test_touched_at_one_moment_again(rentals):
    at = "timestamptz '2025-12-{} 06:00:00+00'"
    for day in (30, 31):
        assert rentals(paid=at.format(day)) == {}


def test_one_moment_that_moved_is_no_touch(rentals):
    rentals(paid="timestamptz '2006-02-15 09:44:00+00'")
    assert list(rentals(paid="timestamptz '2006-02-15 18:44:00+00'")) == ["paid moved by 9 hours"]


def test_the_last_version_before_counts(rentals):
    later = f"{FIRST['paid']} + interval '9 hours'"
    rentals(paid=later)
    assert rentals(paid=later) == {}
    assert list(rentals()) == ["paid moved back by 9 hours"]
    rentals(op="delete", paid="null", rented="null", due="null", told="null", name="null")
    assert rentals(paid=later) == {}, "these rows were gone"


def test_rows_without_a_version_before_or_a_key_are_not_compared(rentals):
    later = f"{FIRST['paid']} + interval '9 hours'"
    assert rentals(paid=later, first=1000) == {}
    assert rentals(paid=later, key=()) == {}
    assert list(rentals(key=("id", "name"))) == ["paid moved back by 9 hours"]


def test_at_most_so_many_rows_are_looked_at(rentals):
    rentals(rows=MOST + 500, first=1000)
    found = rentals(rows=MOST + 500, first=1000, rented=f"{FIRST['rented']} + interval '1 hour'")
    assert found == {"rented moved by 1 hour": "in 10,000 of 10,000 changed rows"}


def test_nothing_is_done_with_larger_tables(rentals):
    rentals.connection.execute("update pg_class set reltuples = 1000001 where relname like 'Rentals%'")
    assert rentals(rented=f"{FIRST['rented']} + interval '9 hours'") == {}
