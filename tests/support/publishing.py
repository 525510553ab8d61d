"""Helpers for the tests of publication: two marts, and ways to publish them and to digest what readers see."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg

from weir.project.marts import Mart
from weir.publish import evidence, publication
from weir.publish.digests import digest_of

NOW = datetime(2026, 7, 1, tzinfo=UTC)
ACCOUNTS = Mart("accounts", ("account_id",))
EVENTS = Mart("events")  # keyless: rows repeat
Sql = Callable[..., list[tuple]]


def release(run_id: str = "r1", accept: tuple[str, ...] = (), marts: tuple[Mart, ...] = (ACCOUNTS, EVENTS)) -> dict:
    """Pass build and gate, then publish; returns (inserted, updated, deleted, rows) by mart."""
    passed(run_id)
    changes = publication.publish_set(run_id, NOW, accept, marts)
    return {c.mart: (c.inserted, c.updated, c.deleted, c.rows) for c in changes}


def passed(run_id: str, build: bool = True, gate: bool | None = True) -> None:
    from weir import warehouse

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
    return {name: digest_of(connection, "analytics_next", name) for (name,) in tables}


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
