"""Unusual PostgreSQL sources: landed right, or one clear line; nothing waits for ever."""

import asyncio
import os
import time
from contextlib import closing
from urllib.parse import urlsplit

import asyncpg
import pytest

from ingest.connectors.postgres.catalog import describe, find
from ingest.connectors.registry import open_connector
from ingest.raw.connection import Wire
from ingest.raw.table import Raw
from tests.servers.proxy import proxy
from tests.support.landing import APP
from weir.project.plan import Table
from weir.project.sources import read_plan

KEYLESS = APP.replace("key: [id]", "")


def failed(landing):
    (result,) = landing.land().values()
    assert result.state == "failed" and "\n" not in result.message, result
    return result.message


@pytest.mark.parametrize(
    ("made", "change"),
    [
        ("create type mood as enum ('sad', 'ok'); create table users (id int primary key, v mood); "
         "insert into users values (1, 'sad')", "alter type mood rename value 'sad' to 'blue'"),
        ("create type mood as enum ('sad', 'ok'); create domain moods as mood[]; "
         "create table users (id int primary key, v moods); insert into users values (1, '{sad}')",
         "alter type mood rename value 'sad' to 'blue'"),
        ("create type pair as (a int, b text); create table users (id int primary key, v pair[]); "
         "insert into users values (1, array[row(1, 'x')::pair])", "alter type pair drop attribute a"),
        ("create table users (id int primary key, v int generated always as (id * 2) virtual); "
         "insert into users values (1)", "alter table users alter v set expression as (id * 3)"),
        ("create table one (); create table users (id int primary key, v regclass); "
         "insert into users values (1, 'one')", "alter table one rename to two"),
    ],
    ids=["enum", "array of enum", "composite", "generated", "regclass"],
)  # fmt: skip
def test_what_changes_rows_and_touches_none(landing, app, made, change):
    app.execute(made)
    landing.declare(APP)
    landing.one()
    app.execute(change)
    assert landing.one().tables[0].landed == 1
    landing.balanced()
    landing.proven()


def test_partitions_at_another_server_have_no_versions_to_follow(landing, app, monkeypatch):
    app.execute("create foreign data wrapper far; create server far foreign data wrapper far; "
                "create table users (id int) partition by range (id); "
                "create foreign table p partition of users for values from (0) to (9) server far")  # fmt: skip
    loop = asyncio.new_event_loop()
    source = Wire(os.environ["APP_URL"], "test", loop)
    relation = describe(source, *find(source, Table(name="users")), Table(name="users"))
    assert relation and not relation.versions
    source.close()
    loop.close()
    app.execute("drop foreign data wrapper far cascade")


def test_a_table_without_columns(landing, app):
    app.execute("create table users (); insert into users default values")
    landing.declare(KEYLESS)
    assert landing.one().tables[0].landed == 1
    landing.proven()


def test_a_key_written_otherwise_is_the_same_key(landing, app):
    app.execute("create table users (id numeric primary key, v int); insert into users values (1.0, 1), (7, 1)")
    landing.declare(APP)
    landing.one()
    app.execute("update users set id = 1.00 where id = 1")
    landing.one()
    landing.proven()
    app.execute("alter table users alter id type int; delete from users where id = 7")
    landing.one()
    landing.proven()
    assert landing.live("raw_app.users", "id", "id::text") == [("1",)]


def test_columns_with_names_of_our_own(landing, app):
    app.execute('create table users (id int primary key, "_new" int, "_key" int); insert into users values (1, 2, 3)')
    landing.declare(APP)
    landing.one()
    landing.proven()
    landing.declare(APP.replace("users", "others").replace("key: [id]", "from: users"))
    assert "column '_key' at the source has a name that raw keeps for itself" in failed(landing)


def test_a_name_with_a_dot(landing, app):
    app.execute('create table "us.ers" (id int primary key); insert into "us.ers" values (1)')
    landing.declare(APP.replace("users", "us.ers"))
    landing.one()
    assert landing.rows('select id, _op from raw_app."us.ers"') == [(1, "upsert")]
    landing.proven()


def test_a_key_that_cannot_be_compared(landing, app):
    app.execute("create table users (id json)")
    landing.declare(APP)
    assert "keys of that type can't be compared: declare another key, or none" in failed(landing)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("connect_timeout=10&channel_binding=prefer&keepalives=1", None),
        (
            "sslmode=disable&channel_binding=require",
            "APP_URL asks for channel_binding=require, which Weir",
        ),
        ("require_auth=scram-sha-256", "APP_URL asks for require_auth=scram-sha-256, which Weir can't follow"),
        ("pgbouncer=true", "the server knows no such option: take it out of APP_URL"),
        ("sslmode=require", "the server takes no encrypted connections: mend sslmode in APP_URL"),
        ("sslmode=quux", "APP_URL has sslmode=quux, which is none of disable, prefer, require"),
        ("sslkeep=true", "APP_URL has the option 'sslkeep', which is not known here: take it out"),
    ],
)
def test_options_of_an_address(landing, app, monkeypatch, options, says):
    app.execute("create table users (id int primary key)")
    landing.declare(APP)
    monkeypatch.setenv("APP_URL", os.environ["APP_URL"] + "?" + options)
    (result,) = landing.land().values()
    assert says in result.message if says else result.state == "landed"


@pytest.mark.parametrize("limit", ["idle_in_transaction_session_timeout", "transaction_timeout"])
def test_a_source_that_ends_long_transactions(landing, app, monkeypatch, limit):
    """What is read already lands: the source's connection is not needed any more."""
    app.execute("create table users (id int primary key); insert into users values (1)")
    app.execute("drop role if exists hurried; create role hurried superuser login password 'pw'")
    app.execute(f"alter role hurried set {limit} = '300ms'")
    monkeypatch.setenv("APP_URL", "postgresql://hurried:pw@" + os.environ["APP_URL"].split("@")[1])
    receipt = Raw.receipt
    monkeypatch.setattr(Raw, "receipt", lambda *facts: (time.sleep(0.6), receipt(*facts))[1])
    landing.declare(APP)
    assert landing.one().tables[0].landed == 1
    landing.balanced()
    app.execute("drop role hurried")


def test_a_source_that_lets_us_in_and_answers_nothing_is_given_up(landing, app, monkeypatch):
    monkeypatch.setattr("ingest.raw.connection.PATIENCE", 1)
    app.execute("create table users (id int primary key)")
    landing.declare(APP)
    url = urlsplit(os.environ["APP_URL"])
    with proxy(url.port) as between:
        monkeypatch.setenv("APP_URL", os.environ["APP_URL"].replace(f":{url.port}/", f":{between.port}/"))
        between.pause_after = 650  # the greeting is shorter
        assert "app.users: can't be reached or went away" in failed(landing)
        assert between.paused.is_set()


def test_an_account_with_one_connection_lands_every_table(landing, app, monkeypatch):
    names = [f"t{n}" for n in range(8)]
    app.execute("drop role if exists lonely; create role lonely login password 'pw' connection limit 1")
    for name in names:
        app.execute(f"create table {name} (id int primary key); grant select on {name} to lonely")
    landing.declare(APP.rsplit("\n          -", 1)[0] + "".join(
        f"\n          - {{name: {name}, config: {{meta: {{key: [id]}}}}}}" for name in names) + "\n")  # fmt: skip
    url = os.environ["APP_URL"]
    monkeypatch.setenv("APP_URL", "postgresql://lonely:pw@" + url.split("@")[1])
    assert len(landing.one().tables) == 8
    app.execute("alter role lonely connection limit 0")
    assert "no connection is free: try again, or raise the limit" in failed(landing)
    app.execute("drop owned by lonely; drop role lonely")


def test_a_source_is_opened_to_read_only(landing, app):
    landing.declare(APP)
    (source,) = read_plan(landing.folder).sources
    with closing(asyncio.new_event_loop()) as loop, open_connector(source, loop) as connector:
        refused = pytest.raises(asyncpg.ReadOnlySQLTransactionError)
        with refused:
            connector.wire.execute("create table mine (id int)")
