"""Readers never see a part of a set and never wait; a publisher that dies or fails leaves everything as it was."""

import os
import signal
import subprocess
import sys
import threading
import time

import psycopg
import pytest

from tests.support.publishing import ACCOUNTS, CHANGE, EVENTS, NOW, Sql, digest, passed, release
from weir.core.errors import WeirError
from weir.core.settings import ROOT
from weir.publish import publication

pytestmark = pytest.mark.slow

MARTS = (ACCOUNTS, EVENTS)
COUNT = "select (select count(*) from analytics.accounts), (select count(*) from analytics.events)"
ROWS = "select r::text from analytics.accounts r order by 1"


def test_a_repeatable_read_reader_keeps_its_set(run: Sql, warehouse: str) -> None:
    release()
    with psycopg.connect(warehouse) as reader:
        reader.execute("set transaction isolation level repeatable read")
        before = reader.execute(ROWS).fetchall()
        run(CHANGE)
        release("r2")
        assert reader.execute(ROWS).fetchall() == before
        assert reader.execute(COUNT).fetchall() == [(100, 6)]
        reader.rollback()
        assert reader.execute(COUNT).fetchall() == [(92, 7)]


def test_a_prepared_statement_goes_on(run: Sql, warehouse: str) -> None:
    release()
    with psycopg.connect(warehouse, autocommit=True) as reader:
        query = "select * from analytics.events where kind = %s"
        for _ in range(8):  # past the sixth, the plan is generic
            assert len(reader.execute(query, ["a"], prepare=True).fetchall()) == 3
        run(CHANGE)
        release("r2")
        assert len(reader.execute(query, ["a"], prepare=True).fetchall()) == 2


def test_users_views_and_their_grants_stay(run: Sql, warehouse: str) -> None:
    release()
    run("create role reader_b; create view public.rich as select * from analytics.accounts where mrr > 50")
    run("grant select on public.rich, analytics.events to reader_b; grant usage on schema analytics to reader_b")
    try:
        run(CHANGE)
        release("r2")
        with psycopg.connect(warehouse) as reader:
            reader.execute("set role reader_b")
            assert reader.execute("select count(*) from public.rich").fetchone() == (41,)
            assert reader.execute("select count(*) from analytics.events").fetchone() == (7,)
    finally:
        run("drop view public.rich; drop owned by reader_b; drop role reader_b")


def test_readers_see_whole_sets_only_and_do_not_wait(run: Sql, warehouse: str) -> None:
    """Both marts change together at each publication: a reader that saw one without the other would show."""
    run("truncate analytics_next.accounts, analytics_next.events")
    run("insert into analytics_next.accounts (account_id, mrr) select n, 0 from generate_series(1, 2000) n")
    run("insert into analytics_next.events values ('turn', 0)")
    release()
    seen: set[tuple] = set()
    slowest: list[float] = []
    stop = threading.Event()

    def read() -> None:
        query = (
            "select min(mrr)::int, max(mrr)::int, (select amount::int from analytics.events) from analytics.accounts"
        )
        with psycopg.connect(warehouse, autocommit=True) as reader:
            while not stop.is_set():
                begun = time.monotonic()
                seen.update(reader.execute(query).fetchall())
                slowest.append(time.monotonic() - begun)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(1, 6):
            run("update analytics_next.accounts set mrr = %s", turn)
            run("update analytics_next.events set amount = %s", turn)
            release(f"r{turn + 1}")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert seen <= {(turn, turn, turn) for turn in range(6)} and len(seen) > 1
    assert max(slowest) < 5


def test_two_publishers_at_once_take_turns(run: Sql) -> None:
    release()
    run(CHANGE)
    passed("r2")
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(publication.publish_set("r2", NOW, (), MARTS))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moved = sorted(sum(c.inserted + c.updated + c.deleted for c in changes) for changes in found)  # type: ignore
    assert moved == [0, 18]
    assert digest(run) == digest(run, "analytics_next")


def test_failing_half_way_changes_nothing(run: Sql) -> None:
    """The first mart is merged already when the second one is refused by a constraint of its own."""
    release()
    run("alter table analytics.events add check (amount <> 'NaN')")
    run(CHANGE)
    before = digest(run)
    with pytest.raises(WeirError, match=r"nothing was changed.*events_amount_check"):
        release("r2")
    assert digest(run) == before
    assert run("select count(*) from ops.publications") == [(1,)]
    assert run("select count(*) from undo.rows where op <> 'filled'") == [(0,)]


PUBLISHER = """
import sys; sys.path.insert(0, {root!r})
from tests.support.publishing import *
from weir.publish import merge, publication
insert = merge.update_and_insert
def slow(connection, difference):
    insert(connection, difference)
    print('half way', flush=True)
    connection.execute('select pg_sleep(60)')
merge.update_and_insert = slow
publication.publish_set('r2', NOW, (), (ACCOUNTS, EVENTS))
"""


def test_killed_in_the_middle_it_changes_nothing_and_the_next_one_publishes(run: Sql) -> None:
    release()
    run(CHANGE)
    before = digest(run)
    passed("r2")
    program = subprocess.Popen(
        [sys.executable, "-c", PUBLISHER.format(root=str(ROOT))], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout and program.stdout.readline() == "half way\n"
    os.kill(program.pid, signal.SIGKILL)
    program.wait()
    assert digest(run) == before
    begun = time.monotonic()
    assert release("r3") == {"accounts": (2, 3, 10, 92), "events": (2, 0, 1, 7)}
    assert time.monotonic() - begun < 30  # the dead publisher's lock went with it
    assert digest(run) == digest(run, "analytics_next")
