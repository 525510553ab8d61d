"""Publication merges the rows that differ, and can be taken back."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest

from weir import publish, tested
from weir.marts import Mart
from weir.settings import WeirError

NOW = datetime(2026, 7, 1, tzinfo=UTC)
ACCOUNTS = Mart("accounts", ("account_id",))
EVENTS = Mart("events")  # keyless: rows repeat
Sql = Callable[..., list[tuple]]


@pytest.fixture
def run(warehouse: str) -> Sql:
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
    changes = publish.publish(run_id, NOW, accept, marts)
    return {c.mart: (c.inserted, c.updated, c.deleted, c.rows) for c in changes}


def passed(run_id: str, build: bool = True, gate: bool | None = True) -> None:
    from weir import warehouse

    with warehouse.connect() as connection:
        tested.record_build(connection, run_id, build, "test x failed")
    if gate is not None:
        with warehouse.connect() as connection:
            connection.execute(
                "insert into ops.gates (run_id, gate, scope, passed, sentence) values (%s, 'marts', 'marts', %s, 'no')",
                [run_id, gate],
            )


def digest(run: Sql, schema: str = "analytics") -> list[tuple]:
    """Every mart's columns and rows, byte for byte and in no order."""
    tables = [t for (t,) in run("select relname from pg_class where relnamespace = to_regnamespace(%s)"
                                " and relkind = 'r' order by 1", schema)]  # fmt: skip
    return [
        (t, run(f"select count(*), md5(string_agg(r::text, '|' order by r::text)) from {schema}.{t} r")[0])
        for t in tables
    ]


def test_the_first_publication_takes_everything(run: Sql) -> None:
    assert release() == {"accounts": (100, 0, 0, 100), "events": (6, 0, 0, 6)}
    assert digest(run) == digest(run, "analytics_next")


def test_nothing_new_changes_nothing(run: Sql) -> None:
    release()
    before = run("select xmin::text, ctid::text from analytics.accounts")
    assert release("r2") == {"accounts": (0, 0, 0, 100), "events": (0, 0, 0, 6)}
    assert run("select xmin::text, ctid::text from analytics.accounts") == before


CHANGE = """
    update analytics_next.accounts set mrr = 1.00 where account_id = 1;  -- equal, but not the same
    update analytics_next.accounts set settings = '{"n":  2}' where account_id = 2;
    update analytics_next.accounts set name = null where account_id = 3;
    delete from analytics_next.accounts where account_id between 50 and 59;
    insert into analytics_next.accounts (account_id) values (-1), (-2);
    delete from analytics_next.events where ctid = (select min(ctid) from analytics_next.events where kind = 'a');
    insert into analytics_next.events values (null, null), ('b', 'NaN');
"""


def test_only_the_rows_that_differ_are_touched(run: Sql) -> None:
    release()
    run(CHANGE)
    assert release("r2") == {"accounts": (2, 3, 10, 92), "events": (2, 0, 1, 7)}
    assert digest(run) == digest(run, "analytics_next")
    tables = run("select mart, inserted, updated, deleted, rows from ops.publication_tables where publication_id = 2")
    assert sorted(tables) == [("accounts", 2, 3, 10, 92), ("events", 2, 0, 1, 7)]


def test_rolled_back_to_the_set_before_step_by_step(run: Sql) -> None:
    release()
    first = digest(run)
    run(CHANGE)
    release("r2")
    second = digest(run)
    run("update analytics_next.accounts set seen = '2024-01-01 10:00:00.123456+02', tags = '[2:3]={x,NULL}'")
    release("r3")
    publish.roll_back((ACCOUNTS, EVENTS))
    assert digest(run) == second
    number, changes = publish.roll_back((ACCOUNTS, EVENTS))
    assert digest(run) == first
    assert number == 2 and {c.mart: c.rows for c in changes} == {"accounts": 100, "events": 6}
    publish.roll_back((ACCOUNTS, EVENTS))
    assert [rows for _, (rows, _) in digest(run)] == [0, 0]
    with pytest.raises(WeirError, match="nothing to roll back"):
        publish.roll_back((ACCOUNTS, EVENTS))
    release("r4")
    assert digest(run) == digest(run, "analytics_next")


def test_undo_keeps_a_few_publications(run: Sql) -> None:
    for turn in range(9):
        run("update analytics_next.accounts set mrr = %s where account_id = 1", turn)
        release(f"r{turn}")
    assert run("select count(distinct publication_id) from undo.rows") == [(5,)]
    for _ in range(5):
        publish.roll_back((ACCOUNTS, EVENTS))
    assert run("select mrr from analytics.accounts where account_id = 1") == [(3,)]


def test_roll_back_refuses_rows_that_somebody_else_changed(run: Sql) -> None:
    release()
    run(CHANGE)
    release("r2")
    run("delete from analytics.accounts where account_id = -1")
    before = digest(run)
    with pytest.raises(WeirError, match=r"analytics\.accounts was changed by somebody else"):
        publish.roll_back((ACCOUNTS, EVENTS))
    assert digest(run) == before


@pytest.mark.parametrize(
    ("build", "gate", "says"),
    [(False, True, "test x failed"), (True, False, "the gate failed: no"), (True, None, "not checked since")],
)
def test_an_untested_set_is_refused(run: Sql, build: bool, gate: bool | None, says: str) -> None:
    release()
    before = digest(run)
    run(CHANGE)
    passed("r2", build, gate)
    with pytest.raises(WeirError, match=says):
        publish.publish("r2", NOW, (), (ACCOUNTS, EVENTS))
    assert digest(run) == before


def test_a_set_built_by_another_run_is_refused(run: Sql) -> None:
    passed("r1")
    passed("r2", gate=None)
    with pytest.raises(WeirError, match="did not build the newest set"):
        publish.publish("r1", NOW, (), (ACCOUNTS, EVENTS))


def test_a_broken_grain_is_refused_by_name(run: Sql) -> None:
    release()
    before = digest(run)
    run("insert into analytics_next.accounts (account_id) values (1)")
    with pytest.raises(WeirError, match=r"accounts can't be published: its grain \(account_id\).*twice"):
        release("r2")
    run("delete from analytics_next.accounts where account_id = 1")
    run("insert into analytics_next.accounts (account_id) values (null)")
    with pytest.raises(WeirError, match="a key is NULL"):
        release("r3")
    assert digest(run) == before


def test_incremental_marts_are_reset_after_a_failed_gate(run: Sql) -> None:
    mart = Mart("accounts", ("account_id",), incremental=True)
    release(marts=(mart,))
    run(CHANGE)
    publish.reset_incremental((mart, EVENTS))
    assert digest(run)[0] == digest(run, "analytics_next")[0]
