"""Unusual MySQL and MariaDB sources: landed right, or one clear line; nothing waits for ever."""

import asyncio
import socket
import time
from contextlib import closing

import pytest

from ingest.connectors.registry import open_connector
from ingest.raw.table import Raw
from tests.servers.mariadb import shared
from tests.support.landing import APP
from weir.core.errors import WeirError
from weir.project.sources import read_plan


@pytest.fixture
def app(landing, monkeypatch):
    monkeypatch.setenv("APP_URL", shared().database("unusual"))
    landing.declare(APP)
    with shared().connect("unusual") as connection, connection.cursor() as cursor:
        yield cursor


def failed(landing):
    (result,) = landing.land().values()
    assert result.state == "failed" and "\n" not in result.message, result
    return result.message


def test_a_server_of_another_kind_waits_for_us_to_speak(landing, monkeypatch):
    monkeypatch.setattr("ingest.connectors.mysql.connection.GREETING", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("APP_URL", f"mysql://a:s3cret@127.0.0.1:{silent.getsockname()[1]}/x")
        landing.declare(APP)
        assert "can't be reached: see that it is up, and check APP_URL" in failed(landing)


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["sql_select_limit = 3", "max_join_size = 1"])
def test_a_server_that_answers_with_few_rows_only(landing, app, setting):
    app.execute("create table users (id int primary key, a int, b int, c int)")
    app.execute("insert into users select seq, 1, 2, 3 from seq_1_to_10")
    app.execute(f"set global {setting}")
    try:
        assert landing.one().tables[0].landed == 10
    finally:
        app.execute(f"set global {setting.split()[0]} = default")
    landing.proven()


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["wait_timeout", "idle_transaction_timeout", "idle_readonly_transaction_timeout"])
def test_a_server_that_hangs_up_on_who_is_idle(landing, app, monkeypatch, setting):
    app.execute("create table users (id int primary key)")
    landing.one()
    app.execute("insert into users values (1)")
    changes = Raw.insert_changes
    monkeypatch.setattr(Raw, "insert_changes", lambda *a, **k: (time.sleep(1.5), changes(*a, **k))[1])
    landing.declare(APP.replace("key: [id]", "key: [id], cursor: id"))
    app.execute(f"set global {setting} = 1")
    try:
        assert landing.one().tables[0].landed == 1
    finally:
        app.execute(f"set global {setting} = default")


@pytest.mark.slow
def test_names_that_differ_by_case_alone(landing, app):
    app.execute("create table users (id int primary key, a int)")
    app.execute("create table Users (id int, b int)")
    app.execute("insert into users values (1, 2)")
    app.execute("insert into Users values (1, 3), (1, 4)")
    landing.one()
    landing.proven()
    landing.declare(APP.replace("users", "Users"))
    assert "key (id) is not a key: 1 stands in 2 rows" in failed(landing)


@pytest.mark.slow
@pytest.mark.parametrize("compare", ["whole", "digest"])
def test_a_key_with_a_name_longer_than_postgresql_holds(landing, app, compare):
    name = "日" * 30
    app.execute(f"create table users ({name} int primary key, v int)")
    app.execute("insert into users values (1, 1), (2, 2)")
    landing.declare(APP.replace("[id]", f"[{name}], compare: {compare}"))
    landing.one()
    app.execute("delete from users where v = 1")
    app.execute("insert into users values (3, 3)")
    assert landing.one().tables[0].landed == 2
    landing.balanced()
    landing.proven()


@pytest.mark.slow
def test_columns_with_names_that_every_table_of_postgresql_has(landing, app):
    app.execute("create table users (id int primary key, xmin double, xmax double)")
    assert "column 'xmin' at the source has a name that raw keeps for itself: exclude it" in failed(landing)


@pytest.mark.slow
def test_a_view_whose_definer_or_table_is_gone(landing, app):
    app.execute("create table t (id int primary key)")
    app.execute("create or replace user ghost@'%'")
    app.execute("create definer = ghost@'%' view users as select id from t")
    app.execute("drop user ghost@'%'")
    assert "the view's definer is gone: mend the view at the source" in failed(landing)
    app.execute("create or replace view users as select id from t")
    app.execute("drop table t")
    assert "the view users is broken, or names what its definer may not read" in failed(landing)


@pytest.mark.slow
def test_a_source_is_opened_to_read_only(landing, app):
    (source,) = read_plan(landing.folder).sources
    with closing(asyncio.new_event_loop()) as loop, open_connector(source, loop) as connector:
        refused = pytest.raises(WeirError, match=r"(?i)read.only")
        with refused:
            connector.wire.run("create table mine (id int)")


def test_a_table_with_dots_in_its_name(landing, monkeypatch):
    monkeypatch.setenv("APP_URL", shared().database("dotted"))
    with shared().connect("dotted") as connection, connection.cursor() as cursor:
        cursor.execute("create table `a.b` (id int)")
        cursor.execute("insert into `a.b` values (1)")
    for name in ("a.b", "dotted.a.b"):
        landing.declare(f"""
        sources:
          - name: app
            schema: raw_app
            config: {{meta: {{connection: APP_URL}}}}
            tables: [{{name: one, config: {{meta: {{from: {name}}}}}}}]
        """)
        landing.one()
        assert landing.rows("select id from raw_app.one") == [(1,)]
