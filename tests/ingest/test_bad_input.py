"""What goes wrong is one clear line; one failed table or source leaves the others alone; nothing half-lands."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from ingest.results import TableEvent, reasons
from tests.support.landing import TWO, table


@pytest.fixture
def two(app, landing):
    app.execute("create table users (id int primary key, v text); create table other (id int primary key)")
    app.execute(
        "insert into users select i, repeat('x', 100) from generate_series(1, 1000) i; insert into other values (1)"
    )
    landing.declare(TWO)
    return app


def failed(landing, source="app"):
    result = landing.land()[source]
    assert result.state == "failed"
    assert "\n" not in result.message and result.message.startswith(source), result.message
    return result.message


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://weir:s3cret-pw@127.0.0.1:1/x", "can't be reached or went away"),
        ("postgresql://weir:s3cret-pw@no-such-host.invalid/x", "can't be reached or went away"),
        ("postgresql://weir:s3cret-pw@{at}", "wrong user or password: mend APP_URL"),
        ("{url}_no", "there is no such database: mend APP_URL"),
        ("nothing", "APP_URL holds no URL"),
        ("postgresql://weir:s3cret-pw@127.0.0.1:abc/x", "APP_URL can't be read: its port must be a number"),
        ("", "APP_URL is not set"),
        ("quux://localhost/x", "has the scheme 'quux'"),
        ("sqlite:////nowhere/at/all.db", "there is no file /nowhere/at/all.db"),
        ("file:///nowhere/at/all", "there is no folder /nowhere/at/all"),
        ("https://127.0.0.1:1", "check APP_URL (127.0.0.1:1: [Errno 111] Connection refused)"),
    ],
)
def test_addresses(landing, two, monkeypatch, url, says):

    monkeypatch.setattr("ingest.connectors.rest.connector.ATTEMPTS", 1)
    now = os.environ["APP_URL"]
    monkeypatch.setenv("APP_URL", url.format(url=now, at=now.split("@")[1]))
    message = failed(landing)
    assert says in message
    assert "s3cret" not in message


def test_one_bad_table_and_one_bad_source_leave_the_others(landing, two, monkeypatch, tmp_path):
    two.execute("drop table users")
    monkeypatch.setenv("FILES_URL", f"file://{tmp_path}/none")
    landing.declare("""
        sources:
          - name: drops
            schema: raw_drops
            config: {meta: {connection: FILES_URL}}
            tables: [{name: t, config: {meta: {path: "*.csv"}}}]
    """, "more.yml")  # fmt: skip
    results = landing.land()
    assert results["drops"].state == results["app"].state == "failed"
    assert "there is no table public.users at the source; that schema has: other" in results["app"].message
    assert table(results["app"], "other").landed == 1
    landing.balanced()


def test_missing_columns_bad_keys_and_no_rights(landing, two):
    two.execute("alter table users rename column id to nr")
    assert "key names column 'id', which is not at the source; it has: nr, v" in failed(landing)
    two.execute("alter table users rename column nr to id; alter table users drop constraint users_pkey")
    two.execute("insert into users values (1, 'twice')")
    assert "key (id) is not a key: 1 stands in 2 rows" in failed(landing)
    two.execute("delete from users; insert into users values (1, 'once')")
    assert landing.one()
    two.execute("insert into users values (1, 'twice later')")
    assert "key (id) is not a key: 1 stands in 2 rows" in failed(landing)
    landing.balanced()


def test_no_rights_on_a_table(landing, two, monkeypatch):
    two.execute("drop role if exists reader; create role reader login password 'pw'")
    two.execute("grant select on other to reader; grant select (id) on users to reader")
    url = os.environ["APP_URL"]
    monkeypatch.setenv("APP_URL", "postgresql://reader:pw@" + url.split("@")[1])
    assert "may read only some columns of public.users" in failed(landing)
    two.execute("revoke select (id) on users from reader")
    assert "may not read public.users: grant it select" in failed(landing)
    two.execute("grant select on users to reader")
    landing.one()
    two.execute("drop owned by reader; drop role reader")


def test_a_lock_is_not_waited_for_for_ever(landing, two, monkeypatch):

    monkeypatch.setattr("ingest.connectors.postgres.connector.LOCK_TIMEOUT", "200ms")
    with psycopg.connect(os.environ["APP_URL"]) as holder:
        holder.execute("lock table users in access exclusive mode")
        assert "another session holds a lock" in failed(landing)
    landing.one()


def test_a_reader_who_forgot_to_commit_is_not_waited_for_for_ever(landing, two, monkeypatch):
    landing.one()
    monkeypatch.setattr("ingest.raw.connection.LOCK_WAIT", "200ms")
    two.execute("alter table users add late text")
    with psycopg.connect(landing.warehouse) as reader:
        reader.execute("select from raw_app.users limit 1")
        assert "app.users: another session holds a lock on it" in failed(landing)
    landing.one()
    landing.proven()


def test_what_the_warehouse_refuses_rolls_all_back(landing, two):
    """A full disk shows as an error in the midst of COPY: so does this."""
    landing.one()
    with psycopg.connect(landing.warehouse) as connection:
        connection.execute("alter table raw_app.users add constraint full_disk check (id < 1500)")
    two.execute("insert into users select i, 'more' from generate_series(1001, 2000) i")
    assert "full_disk" in failed(landing)
    assert landing.rows("select count(*) from raw_app.users") == [(1000,)]
    with psycopg.connect(landing.warehouse) as connection:
        connection.execute("alter table raw_app.users drop constraint full_disk")
    assert landing.one().tables[0].landed == 1000
    landing.balanced()


@pytest.mark.slow
def test_source_killed_in_mid_stream(landing, two, monkeypatch):
    from ingest import job

    killed = []

    class Killer(list):
        def append(self, event):
            if event.state == "progress" and event.table == "users" and not killed:
                killed.extend(two.execute("""select pg_terminate_backend(pid) from pg_stat_activity
                    where application_name = 'weir land' and datname = current_database()
                    and state = 'active' and query ilike 'copy%'""")
                    .fetchall())  # fmt: skip

    two.execute("insert into users select i, repeat(md5(i::text), 30) from generate_series(1001, 300000) i")
    monkeypatch.setattr(job, "EVERY", 0)
    landing.events = Killer()
    message = failed(landing)
    assert killed
    assert "can't be reached or went away" in message
    landing.one()
    assert landing.rows("select count(*), count(distinct id) from raw_app.users") == [(300000, 300000)]
    landing.balanced()


@pytest.mark.slow
def test_killed_and_run_again(landing, two, tmp_path):
    """SIGKILL at any moment: what is landed again afterwards is each row once."""
    two.execute("insert into users select i, repeat(md5(i::text), 10) from generate_series(1001, 200000) i")
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC; "
        "from ingest.land import land_sources; "
        "from weir.project.sources import read_plan; print('go', flush=True); "
        "r = land_sources(read_plan(Path(sys.argv[1])), run_id='k', as_of=datetime.now(UTC)); "
        "print(r[0].state, r[0].message)"
    )
    for delay in (0.5, 0.9, 1.2, 1.5, 2.0):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(landing.folder)],
            stdout=subprocess.PIPE, cwd=Path(__file__).parents[2], text=True,
        )  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.kill()
        process.wait()
        two.execute("update users set v = %s where id %% 50000 = 0", [str(delay)])
    landing.one()
    landing.balanced()
    landing.proven()
    assert landing.rows(
        "select count(*) from (select id, v from raw_app.users group by 1, 2 having count(*) > 1) t"
    ) == [(0,)]


def test_names_that_are_words_of_sql_or_need_quotes(landing, app):
    """Landed, changed and compared; tables, keys and cursors alike."""
    long = "t" + "x" * 62
    for name, key in (("Order Lines", 'a "quoted" Key'), ("select", "group"), ("it's 5 %s {x}", "user"), (long, long)):
        quoted, column = (text.replace('"', '""').replace("%", "%%") for text in (name, key))
        app.execute(f'create table "{quoted}" ("{column}" int primary key, "Updated At" timestamptz default now())', ())
        app.execute(f'insert into "{quoted}" select generate_series(1, 3)', ())
        landing.declare(
            f"""
            sources:
              - name: app
                schema: raw_app
                config: {{meta: {{connection: APP_URL}}}}
                tables:
                  - {{name: {json.dumps(name)}, config: {{meta: {{key: [{json.dumps(key)}], cursor: Updated At}}}}}}
            """
        )
        assert landing.one().tables[0].landed == 3
        app.execute(f'delete from "{quoted}" where "{column}" = 2', ())
        app.execute(f'insert into "{quoted}" select 4', ())
        assert (landing.one().tables[0].landed, landing.one().tables[0].landed) == (2, 0)
        landing.proven()


@pytest.mark.slow
def test_a_cursor_that_is_gone_and_a_source_that_ends_long_queries(landing, two):
    landing.declare(TWO.replace("{key: [id]}", "{key: [id], cursor: v}", 1))
    landing.one()
    two.execute("alter table users rename column v to w")
    assert "cursor names column 'v', which is not at the source; it has: id, w" in failed(landing)
    two.execute("alter table users rename column w to v")
    two.execute("insert into users select i, repeat(md5(i::text), 20) from generate_series(1001, 200000) i")
    (name,) = two.execute("select current_database()").fetchone()
    two.execute(f"alter role weir in database {name} set statement_timeout = '20ms'")
    assert "took longer than its statement_timeout: raise that for the account in APP_URL" in failed(landing)
    two.execute(f"alter role weir in database {name} reset statement_timeout")
    landing.one()
    landing.balanced()
    landing.proven()


def test_each_reason_of_tables_that_failed_is_told_once() -> None:
    def event(table: str, fault: str) -> TableEvent:
        return TableEvent("app", table, "failed", message=f"app.{table}: {fault}")

    gone = [event(name, f"there is no table {name} at the source") for name in ("users", "plans")]
    assert reasons([*gone, event("seats", "the key is NULL in 3 rows")]) == (
        "app.users: there is no table users at the source (and 1 more failed: app.plans); "
        "app.seats: the key is NULL in 3 rows"
    )
    many = reasons([event(f"t{number}", f"its fault number {number * 7919}") for number in range(9)])
    assert many.count("its fault") == 5 and many.endswith("(and 4 more failed: app.t5, app.t6, app.t7, app.t8)")
