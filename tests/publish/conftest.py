"""Fixtures: `run`, a fresh warehouse with two marts, built and not published; `keyed`, with a published batched one."""

import psycopg
import pytest

from tests.support.parts import keyed_usage
from tests.support.publishing import Sql


@pytest.fixture
def run(warehouse: str) -> Sql:
    """A function that runs SQL in the warehouse and returns the rows."""

    def execute(text: str, *values: object) -> list[tuple]:
        with psycopg.connect(warehouse, autocommit=True) as connection:
            cursor = connection.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    execute(
        """
        create schema if not exists analytics_next;
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


@pytest.fixture
def keyed(run: Sql) -> Sql:
    """A batched mart of 60 accounts with a row on the 5th of each month of 2025, published; no other mart is built."""
    run("drop table analytics_next.accounts, analytics_next.events")
    keyed_usage(run)
    return run
