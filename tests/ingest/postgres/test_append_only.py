"""A huge table that only grows: windows of its cursor below the oldest open transaction, and the exact sweep."""

import time

import psycopg
import pytest

from tests.servers.postgres import caught_up, postgres, standby

pytestmark = pytest.mark.slow

LOG = """
    sources:
      - name: app
        schema: raw_app
        config: {meta: {connection: APP_URL}}
        tables:
          - {name: log, config: {meta: {key: [id], cursor: at, append_only: true, sweep: 1 day}}}
"""


@pytest.fixture(scope="module")
def primary(server):
    with postgres() as made:
        yield made


@pytest.fixture
def log(landing, primary, monkeypatch):
    """A table that has landed once, and whose next window begins here."""
    monkeypatch.setenv("APP_URL", primary.url)
    monkeypatch.setattr("ingest.connectors.postgres.windows._OLDEST", _no_margin())
    landing.declare(LOG)
    with primary.connect() as connection:
        connection.execute(
            "drop table if exists log; create table log (id int primary key, at timestamptz default now())"
        )
        connection.execute("create index on log (at); insert into log (id) select generate_series(1, 1000)")
        assert landing.one().tables[0].how == "first load"
        yield connection


def _no_margin():
    from ingest.connectors.postgres import windows

    return windows._OLDEST.replace(windows._MARGIN, "0 seconds")


def one(landing):
    event = landing.one().tables[0]
    return event.how, event.landed, event.deleted


def swept(landing):
    """Make the sweep due."""
    with psycopg.connect(landing.warehouse) as warehouse:
        warehouse.execute("update ops.landings set state = jsonb_set(state, '{swept}', '\"2001-01-01 00:00:00+00\"') "
                          "where state is not null")  # fmt: skip


def test_windows_hold_every_row_once_also_those_that_commit_late(landing, log, primary):
    log.execute("insert into log (id) values (2000)")
    assert one(landing) == ("cursor", 1, 0)
    with primary.connect(autocommit=False) as late:
        late.execute("insert into log (id) values (2001)")
        log.execute("insert into log (id) values (2002)")
        assert one(landing) == ("cursor", 0, 0), "nothing is certain above the oldest open transaction"
        late.commit()
    assert one(landing) == ("cursor", 2, 0)
    assert one(landing) == ("cursor", 0, 0)
    assert landing.rows("select count(*), count(distinct id) from raw_app.log") == [(1003, 1003)]
    landing.balanced()
    landing.proven()


def test_a_window_reads_by_the_index(landing, log):
    log.execute("insert into log select i, '2001-01-01' from generate_series(10000, 60000) i; analyze log")
    log.execute("insert into log (id) values (2000)")
    before = _scans(log)
    assert one(landing) == ("cursor", 1, 0)
    assert _scans(log) == before


def _scans(log):
    """How often the table was read whole, once every landing's session has ended and told."""
    open_ = "select count(*) from pg_stat_activity where application_name = 'weir land'"
    while log.execute(open_).fetchone() != (0,):
        time.sleep(0.05)
    log.execute("select pg_stat_force_next_flush()")
    return log.execute("select seq_scan from pg_stat_user_tables where relname = 'log'").fetchone()


def test_a_prepared_transaction_holds_the_windows(landing, log, primary):
    with primary.connect() as other:
        other.execute("begin; insert into log (id) values (2000); prepare transaction 'held'")
    log.execute("insert into log (id) values (2001)")
    assert one(landing) == ("cursor", 0, 0)
    log.execute("commit prepared 'held'")
    assert one(landing) == ("cursor", 2, 0)
    landing.proven()


def test_the_sweep_finds_what_no_window_sees_and_lands_nothing_twice(landing, log):
    log.execute("insert into log (id) values (2000), (2001)")
    assert one(landing) == ("cursor", 2, 0)
    log.execute("insert into log values (3000, '2001-01-01'), (3001, null), (3002, now() + interval '1 hour')")
    log.execute("update log set at = '2002-02-02' where id = 5; delete from log where id = 6")
    log.execute("insert into log (id) values (2002)")
    assert one(landing) == ("cursor", 1, 0)
    swept(landing)
    log.execute("insert into log (id) values (2003)")
    assert one(landing) == ("row versions", 6, 1)
    landing.proven()
    assert one(landing) == ("cursor", 0, 0), "what the sweep saw is not landed by the next window too"
    log.execute("insert into log (id) values (2004)")
    assert one(landing) == ("cursor", 1, 0)
    swept(landing)
    assert one(landing) == ("row versions", 0, 0)
    landing.balanced()
    landing.proven()


def test_where_open_transactions_are_not_seen_every_landing_is_a_sweep(landing, log, primary, monkeypatch):
    log.execute("drop role if exists reader; create role reader login password 'pw'; grant select on log to reader")
    monkeypatch.setenv("APP_URL", primary.url.replace("weir:weir-test", "reader:pw"))
    landing.one()
    log.execute("insert into log (id) values (2000)")
    assert one(landing) == ("row versions", 1, 0)
    with standby(primary) as copy:
        monkeypatch.setenv("APP_URL", copy.url)
        landing.one()
        log.execute("insert into log (id) values (2001)")
        caught_up(primary, copy)
        assert one(landing) == ("row versions", 1, 0)
    log.execute("drop owned by reader; drop role reader")


def test_a_cursor_that_no_clock_can_be_compared_with(landing, log):
    log.execute("alter table log alter at type timestamp")
    (result,) = landing.land().values()
    assert "append_only needs a cursor of type timestamp with time zone (at is timestamp without" in result.message
