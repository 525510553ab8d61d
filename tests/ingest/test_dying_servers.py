"""Servers that die, stall, or send more than is reasonable, in the midst of a landing: all lands, or one clear line."""

import os
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from ingest import job
from tests.servers.mariadb import shared
from tests.servers.postgres import postgres
from tests.servers.proxy import proxy
from tests.support.landing import APP
from weir.core.settings import ROOT

pytestmark = pytest.mark.slow

ROWS = "insert into users select i, repeat(md5(i::text), 10) from generate_series(1, 60000) i"


class Killer(list):
    """Events; at the first report of progress it does what it was given."""

    def __init__(self, kill):
        self.kill = kill

    def append(self, event):
        if event.state == "progress" and self.kill:
            kill, self.kill = self.kill, None
            kill()


def failed(landing, **options):
    (result,) = landing.land(**options).values()
    assert result.state == "failed" and "\n" not in result.message, result
    assert "weir-test" not in result.message
    return result.message


@pytest.fixture
def users(landing, app, monkeypatch):
    monkeypatch.setattr(job, "EVERY", 0)
    app.execute("create table users (id int primary key, v text)")
    app.execute(ROWS)
    landing.declare(APP)
    return app


@pytest.mark.parametrize("before", ["first load", pytest.param("changes", marks=pytest.mark.slow)])
def test_the_source_is_killed_in_mid_stream(landing, monkeypatch, before):
    monkeypatch.setattr(job, "EVERY", 0)
    with postgres() as server:
        monkeypatch.setenv("APP_URL", server.url)
        with server.connect() as connection:
            connection.execute("create table users (id int primary key, v text)")
            landing.declare(APP)
            if before == "changes":
                connection.execute("insert into users values (0, 'before')")
                landing.one()
            connection.execute(ROWS)
        landing.events = Killer(server.kill)
        message = failed(landing)
        assert landing.events.kill is None
        assert message.startswith("app.users: can't be reached or went away: see that it is up, and check APP_URL")
        found = landing.rows("select to_regclass('raw_app.users')::text")
        assert found == [(None,)] if before == "first load" else [("raw_app.users",)]
        server.start()
        landing.one()
        assert landing.rows("select count(*), count(distinct id) from raw_app.users where id > 0") == [(60000, 60000)]
        landing.balanced()
        landing.proven()


def test_the_warehouse_is_killed_in_mid_stream(landing, users, monkeypatch):
    with postgres() as server:
        landing.warehouse = server.url
        monkeypatch.setenv("WAREHOUSE_URL", server.url)
        users.execute("insert into users values (0, 'last')")
        landing.events = Killer(server.kill)
        message = failed(landing)
        assert landing.events.kill is None
        assert message.startswith("app.users: the warehouse went away: see that it is up, then run again")
        assert "can't be reached" in failed_to_begin(landing)
        server.start()
        assert landing.rows("select to_regclass('raw_app.users')::text") == [(None,)]
        landing.one()
        assert landing.rows("select count(*), count(distinct id) from raw_app.users") == [(60001, 60001)]
        landing.balanced()
        landing.proven()


def test_the_warehouse_stands_still_and_is_then_killed(landing, users, monkeypatch):
    """While we wait to write, nothing but the loss of the connection itself tells us of it."""
    users.execute("insert into users select i, repeat(md5(i::text), 10) from generate_series(60001, 200000) i")
    with postgres() as server:
        landing.warehouse = server.url
        monkeypatch.setenv("WAREHOUSE_URL", server.url)
        backends = []

        def stand_still():
            backends.extend(psutil.Process(server.process.pid).children())
            [each.suspend() for each in backends]
            threading.Timer(2, lambda: [each.kill() for each in backends]).start()

        landing.events = Killer(stand_still)
        message = failed(landing)
        assert backends
        assert message.startswith("app.users: the warehouse went away: see that it is up, then run again")


def failed_to_begin(landing):
    from weir.core.errors import WeirError

    try:
        return failed(landing)
    except WeirError as fault:
        return str(fault)


@pytest.mark.parametrize("kind", ["postgresql", pytest.param("mysql", marks=pytest.mark.slow)])
def test_a_source_that_pauses_is_waited_for(landing, users, kind, monkeypatch):
    if kind == "mysql":
        monkeypatch.setenv("APP_URL", shared().database("pausing"))
        with shared().connect("pausing") as other, other.cursor() as cursor:
            cursor.execute("create table users (id int primary key, v text)")
            cursor.execute("insert into users select seq, repeat(md5(seq), 10) from seq_1_to_60000")
    url = urlsplit(os.environ["APP_URL"])
    with proxy(url.port) as between:
        monkeypatch.setenv("APP_URL", os.environ["APP_URL"].replace(f":{url.port}/", f":{between.port}/"))
        between.pause_after = 5_000_000
        landed = threading.Thread(target=landing.one)
        landed.start()
        assert between.paused.wait(60)
        time.sleep(1)
        assert landed.is_alive()
        between.open.set()
        landed.join()
    assert landing.rows("select count(*), count(distinct id) from raw_app.users") == [(60000, 60000)]
    landing.balanced()


def test_a_source_that_falls_silent_for_good_is_given_up(landing, users, monkeypatch):
    monkeypatch.setattr("ingest.raw.connection.PAUSE", 2)
    url = urlsplit(os.environ["APP_URL"])
    with proxy(url.port) as between:
        monkeypatch.setenv("APP_URL", os.environ["APP_URL"].replace(f":{url.port}/", f":{between.port}/"))
        between.pause_after = 5_000_000
        assert "app.users: the source has sent nothing for 2 seconds" in failed(landing)
    monkeypatch.undo()
    assert landing.rows("select to_regclass('raw_app.users')::text") == [(None,)]


def test_as_many_columns_as_a_table_can_have(landing, app):
    columns = [f"c{n}" for n in range(1596)]
    app.execute(f"create table users (id int primary key, {', '.join(f'{c} int' for c in columns)})")
    app.execute(f"insert into users (id, {', '.join(columns)}) select i, {', '.join('i' for _ in columns)} "
                "from generate_series(1, 20) i")  # fmt: skip
    landing.declare(APP)
    assert landing.one().tables[0].landed == 20
    app.execute("update users set c1595 = -1 where id = 3; delete from users where id = 4")
    assert landing.one().tables[0].landed == 2
    assert landing.one(full=True).tables[0].landed == 0
    assert landing.rows("select c1595 from raw_app.users where id = 3 order by _seq") == [(3,), (-1,)]
    landing.proven()
    app.execute("alter table users add c1596 int, add c1597 int, add c1598 int")
    assert "1,600 columns and 3 of raw's own are more than the 1,600 that a table can have: exclude 3" in failed(
        landing
    )
    landing.declare(APP.replace("key: [id]", "key: [id], exclude: [c1596, c1597, c1598]"))
    landing.one()
    landing.proven()


def test_a_value_of_200_mb(landing, app):
    """One value can't be cut, so that memory holds it, a few times; the rest is a stream again."""
    app.execute("create table users (id int primary key, v text, b bytea)")
    app.execute("insert into users values (1, 'small', '\\x00')")
    app.execute("insert into users select 2, repeat(md5('a'), 6250000), null")
    app.execute("insert into users select 3, null, decode(repeat(md5('b'), 12500000), 'hex')")
    landing.declare(APP)
    code = (
        "import resource, sys; from pathlib import Path; from datetime import datetime, UTC; from ingest.land import "
        "land_sources; from weir.project.sources import read_plan; "
        "r = land_sources(read_plan(Path(sys.argv[1])), run_id='k', as_of=datetime.now(UTC)); "
        "print(r[0].state, r[0].message, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(landing.folder)], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.startswith("landed"), done
    query = "select id, length(v), md5(v), length(b), md5(b) from {} order by id"
    with psycopg.connect(os.environ["APP_URL"]) as source:
        assert landing.rows(query.format("raw_app.users")) == source.execute(query.format("users")).fetchall()
    peak = int(done.stdout.split()[-1])
    print(f"peak memory {peak} MB")
    assert peak < 1000
    assert landing.one(full=True).tables[0].landed == 0


def test_our_process_killed_while_mysql_lands_and_run_again(landing, users, monkeypatch):
    """SIGKILL at any moment, between changes of either kind of compare: what lands afterwards is each row once."""
    monkeypatch.setenv("APP_URL", shared().database("killed"))
    landing.declare(APP.replace("key: [id]", "key: [id], compare: digest"))
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC; "
        "from ingest.land import land_sources; "
        "from weir.project.sources import read_plan; print('go', flush=True); "
        "land_sources(read_plan(Path(sys.argv[1])), run_id='k', as_of=datetime.now(UTC))"
    )
    with shared().connect("killed") as other, other.cursor() as cursor:
        cursor.execute("create table users (id int primary key, v text)")
        cursor.execute("insert into users select seq, repeat(md5(seq), 10) from seq_1_to_60000")
        for delay in (0.3, 0.6, 0.9, 1.2, 1.5, 2.0, 2.5):
            process = subprocess.Popen(
                [sys.executable, "-c", code, str(landing.folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
            )
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(delay)
            process.kill()
            process.wait()
            cursor.execute(f"update users set v = '{delay}' where id % 20000 = 7")
            cursor.execute(f"delete from users where id = {delay * 10}")
    landing.one()
    assert landing.one().tables[0].landed == 0
    landing.balanced()
    landing.proven()
    twice = "select id, v from raw_app.users where _op = 'upsert' group by 1, 2 having count(*) > 1"
    assert landing.rows(twice) == []
