"""What the tests of publication share: two marts (one without a key) in a fresh warehouse, and ways to publish them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest

from weir.project.marts import Mart
from weir.publish import evidence, publication
from weir.publish import verify as published

NOW = datetime(2026, 7, 1, tzinfo=UTC)
ACCOUNTS = Mart("accounts", ("account_id",))
EVENTS = Mart("events")  # keyless: rows repeat
Sql = Callable[..., list[tuple]]


@pytest.fixture(name="run")
def run_fixture(warehouse: str) -> Sql:
    """A function that runs SQL in the warehouse and returns the rows."""

    def execute(text: str, *values: object) -> list[tuple]:
        with psycopg.connect(warehouse, autocommit=True) as connection:
            cursor = connection.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    execute(
        """
        create schema analytics_next;
        create table analytics_next.accounts (
            account_id bigint, name text, mrr numeric, settings json, tags text[], seen timestamptz);
        create index on analytics_next.accounts (name);
        comment on table analytics_next.accounts is 'One row per account';
        comment on column analytics_next.accounts.mrr is 'Monthly';
        insert into analytics_next.accounts
        select n, 'name ' || n, n, json_build_object('n', n), array['a', null, n::text], 'infinity'
        from generate_series(1, 100) n;
        create table analytics_next.events (kind text, amount double precision);
        insert into analytics_next.events select 'a', 0.1 from generate_series(1, 3);
        insert into analytics_next.events values (null, null), (null, null), ('', 1e-300);
        """
    )
    return execute


def release(run_id: str = "r1", accept: tuple[str, ...] = (), marts: tuple[Mart, ...] = (ACCOUNTS, EVENTS)) -> dict:
    """Pass build and gate, then publish; returns (inserted, updated, deleted, rows) by mart."""
    passed(run_id)
    changes = publication.publish(run_id, NOW, accept, marts)
    return {c.mart: (c.inserted, c.updated, c.deleted, c.rows) for c in changes}


def passed(run_id: str, build: bool = True, gate: bool | None = True) -> None:
    from weir.warehouse import connection as warehouse

    with warehouse.connect() as connection:
        evidence.record(connection, evidence.Build(run_id, build, "test x failed"))
    if gate is not None:
        with warehouse.connect() as connection:
            connection.execute(
                "insert into ops.gates (run_id, gate, scope, passed, sentence, results) "
                "values (%s, 'marts', 'marts', %s, 'no', %s)",
                [run_id, gate, json.dumps({"digests": _digests(connection)})],
            )


def _digests(connection: psycopg.Connection) -> dict:
    """Of every table of analytics_next, as the gate takes them."""
    tables = connection.execute("select tablename from pg_tables where schemaname = 'analytics_next'").fetchall()
    return {name: published.digest(connection, "analytics_next", name) for (name,) in tables}


def digest(run: Sql, schema: str = "analytics") -> list[tuple]:
    """Every mart's columns (by name) and rows, byte for byte and in no order."""
    tables = run(
        """select c.relname, string_agg(quote_ident(a.attname), ', ' order by a.attname) from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = to_regnamespace(%s) and c.relkind = 'r' group by 1 order by 1""",
        schema,
    )
    text = "select count(*), md5(string_agg(row({1})::text, '|' order by row({1})::text)) from {2}.{0}"
    return [(name, columns, run(text.format(name, columns, schema))[0]) for name, columns in tables]


# 3 accounts change (one to an equal number written otherwise), 10 go, 2 come; of the keyless 1 goes, 2 come.
CHANGE = """
    update analytics_next.accounts set mrr = 1.00 where account_id = 1;
    update analytics_next.accounts set settings = '{"n":  2}' where account_id = 2;
    update analytics_next.accounts set name = null where account_id = 3;
    delete from analytics_next.accounts where account_id between 50 and 59;
    insert into analytics_next.accounts (account_id) values (-1), (-2);
    delete from analytics_next.events where ctid = (select min(ctid) from analytics_next.events where kind = 'a');
    insert into analytics_next.events values (null, null), ('b', 'NaN');
"""
