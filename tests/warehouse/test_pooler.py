"""A pooler that drops what a session asks for is refused in one line, before a source and before the warehouse."""

import os
import subprocess
import sys
import textwrap

import psycopg
import pytest

from ingest.land import land_sources
from tests.servers.pgbouncer import DROPPED, pgbouncer
from weir.core.settings import as_of
from weir.project.sources import read_plan

APP = """
    sources:
      - name: app
        schema: raw_app
        config: {meta: {connection: APP_URL}}
        tables:
          - {name: users, config: {meta: {key: [id]}}}
"""
UP = "import sys\nfrom cli.app import main\nsys.argv = ['weir', 'up']\nmain()"


@pytest.fixture
def source(tmp_path, database, monkeypatch):
    url = database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table users (id int primary key, span interval, x double precision)")
        connection.execute("insert into users values (1, '1 day 2 hours', 0.1::float8 + 0.2)")
    file = tmp_path / "project" / "models" / "sources.yml"
    file.parent.mkdir(parents=True)
    file.write_text(textwrap.dedent(APP))

    def landed(address):
        monkeypatch.setenv("APP_URL", address)
        (result,) = land_sources(read_plan(tmp_path / "project"), run_id="test", as_of=as_of())
        assert "\n" not in result.message
        return result.message

    landed.url = url
    return landed


def test_a_source_behind_a_pooler_that_drops_settings(warehouse, source):
    with pgbouncer(source.url, pool_mode="transaction", ignore_startup_parameters=DROPPED) as pooled:
        said = source(pooled)
        assert said.startswith("app.users: APP_URL leads to a pooler, which drops what a session asks for (")
        assert "name the server itself there, or a port of the pooler that keeps a server for each session" in said
    with pgbouncer(source.url, pool_mode="session", ignore_startup_parameters=DROPPED) as pooled:
        assert "APP_URL leads to a pooler" in source(pooled)
    with pgbouncer(source.url, pool_mode="session") as pooled:
        assert "a connection pooler answers there: name the server itself in APP_URL" in source(pooled)
    assert source(source.url) == ""


def test_a_source_whose_account_has_settings_of_its_own(warehouse, source):
    with psycopg.connect(source.url, autocommit=True) as connection:
        for setting in ("search_path = app, public", "IntervalStyle = iso_8601", "extra_float_digits = 0",
                        "DateStyle = 'German'", "TimeZone = 'Asia/Tokyo'", "statement_timeout = '1h'"):  # fmt: skip
            connection.execute(f"alter database {connection.info.dbname} set {setting}")
    assert source(source.url) == ""


def up(url, code=UP):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          env={**os.environ, "WAREHOUSE_URL": url})  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_a_warehouse_behind_a_pooler(warehouse, home):
    for mode in ("transaction", "session"):
        with pgbouncer(warehouse, pool_mode=mode, ignore_startup_parameters=DROPPED) as pooled:
            code, said = up(pooled)
            assert code == 1 and said.count("\n") == 1, said
            assert said.startswith(
                "WAREHOUSE_URL leads to a pooler that drops what a session asks for, so that two runs"
            )
    with pgbouncer(warehouse, pool_mode="transaction") as pooled:
        code, said = up(pooled)
        assert code == 1 and "unsupported startup parameter" in said and said.count("\n") == 1


LOCKED = """
import sys
import os
from weir.warehouse import connection, session
from weir.warehouse.address import address, parts_of
from weir.warehouse.run_lock import run_lock
from weir.core.errors import WeirError
from weir.core.env import load_env
connection._ready[address(**parts_of(sys.argv[1]))] = {}  # a pooler that keeps settings, as some do
os.environ["WAREHOUSE_URL"] = sys.argv[1]
session.DEFAULTS.pop("options")
try:
    with run_lock(wait=False):
        print("locked")
except WeirError as fault:
    print(fault)
"""


def test_a_lock_that_several_sessions_share_is_none(warehouse, home):
    for mode, says in (("transaction", "gives one server to several sessions"), ("session", "locked")):
        with pgbouncer(warehouse, pool_mode=mode) as pooled:
            done = subprocess.run([sys.executable, "-c", LOCKED, pooled], capture_output=True, text=True)
            assert says in done.stdout, done.stdout + done.stderr
