"""Columns, key or the table itself change at the source between two runs: each case lands by a stated policy."""

import os
import sqlite3
import threading
import time

import psycopg
import pytest

from tests.servers.mariadb import shared
from tests.support.landing import TWO

pytestmark = pytest.mark.slow


def _database(kind, database, tmp_path):
    """URL, and a way to run a statement, of an empty database of the kind."""
    if kind == "postgresql":
        url = database()
        connection = psycopg.connect(url, autocommit=True)
        return url, connection.execute, connection.close
    if kind == "mysql":
        url = shared().database("drift")
        other = shared().connect("drift")
        return url, other.query, other.close
    lite = sqlite3.connect(tmp_path / "drift.db", isolation_level=None)
    return f"sqlite:///{tmp_path}/drift.db", lite.execute, lite.close


@pytest.fixture(params=["postgresql", "mysql", "sqlite"])
def kind(request):
    return request.param


@pytest.fixture
def do(kind, landing, database, tmp_path, monkeypatch):
    """Runs a statement at a source whose two tables have landed once."""
    url, do, close = _database(kind, database, tmp_path)
    monkeypatch.setenv("APP_URL", url)
    do("create table users (id int primary key, name varchar(40), score int)")
    do("insert into users values (1, 'one', 10), (2, 'two', 20), (3, 'three', 30)")
    do("create table other (id int primary key)")
    do("insert into other values (1)")
    landing.declare(TWO)
    landing.one()
    yield do
    close()


def users(landing, columns):
    return landing.live("raw_app.users", "id", columns)


def drift(landing):
    """Lands; what it says of the columns of `users`, which must be in the receipt too."""
    event = landing.one().tables[0]
    (told,) = landing.rows("select drift from ops.landings where table_name = 'users' order by landed_at desc limit 1")
    assert told == (event.drift or None,)
    landing.balanced()
    landing.proven()
    return event.drift


def types(landing):
    return dict(landing.rows("""select column_name, data_type from information_schema.columns
        where table_schema = 'raw_app' and table_name = 'users'"""))  # fmt: skip


def test_a_column_added_lands_and_is_reported(landing, do, kind):
    do("alter table users add column plan varchar(10) default 'free'")
    assert drift(landing) == "new: plan (text)"
    assert users(landing, "id::int, plan") == [(1, "free"), (2, "free"), (3, "free")]
    assert drift(landing) == ""


def test_a_column_dropped_is_null_from_then_on_and_reported(landing, do, kind):
    do("alter table users drop column score")
    do("update users set name = 'changed' where id = 2")
    do("insert into users values (4, 'four')")
    assert drift(landing) == "gone, NULL from now on: score"
    assert users(landing, "id::int, score::int") == [(1, 10), (2, None), (3, 30), (4, None)]
    assert drift(landing) == ""


def test_a_column_dropped_and_added_again_lands_its_new_values(landing, do, kind):
    do("alter table users drop column score")
    landing.one()
    do("alter table users add column score int default 7")
    assert drift(landing).startswith("new: score")
    assert users(landing, "id::int, score::int") == [(1, 7), (2, 7), (3, 7)]


def test_a_column_renamed_is_one_gone_and_one_new(landing, do, kind):
    do("alter table users rename column name to full_name")
    assert drift(landing) == "new: full_name (text); gone, NULL from now on: name"
    assert users(landing, "id::int, full_name, name") == [(1, "one", None), (2, "two", None), (3, "three", None)]


def test_a_table_dropped_stops_alone_and_raw_stays(landing, do, kind):
    do("alter table users rename to users_old")
    do("insert into other values (2)")
    (result,) = landing.land().values()
    assert result.state == "failed" and "there is no table" in result.message and "users" in result.message
    assert [event.state for event in result.tables] == ["failed", "done"]
    assert len(users(landing, "id")) == 3
    assert landing.rows("select count(*) from raw_app.other") == [(2,)]
    do("create table users (id int primary key, name varchar(40), score int)")
    do("insert into users values (2, 'made anew', 20)")
    assert drift(landing) == ""
    assert users(landing, "id::int, name") == [(2, "made anew")]


def test_a_key_that_is_none_any_more_stops_the_table_until_another_is_declared(landing, do, kind):
    if kind == "sqlite":
        do("drop table users")
        do("create table users (id int, name varchar(40), score int, region int default 1, primary key (id, region))")
        do("insert into users values (1, 'one', 10, 1), (2, 'two', 20, 1), (3, 'three', 30, 1)")
    else:
        do("alter table users add column region int not null default 1")
        do("alter table users drop " + ("primary key" if kind == "mysql" else "constraint users_pkey"))
        do("alter table users add primary key (id, region)")
    do("insert into users values (1, 'one too', 11, 2)")
    (result,) = landing.land().values()
    assert "key (id) is not a key: 1 stands in 2 rows; declare a key that is unique" in result.message
    assert "region" not in types(landing), "nothing half-landed, not even a column"
    landing.declare(TWO.replace("users, config: {meta: {key: [id]}}", "users, config: {meta: {key: [id, region]}}"))
    assert drift(landing).startswith("new: region")
    found = landing.live("raw_app.users", "id, region", "id::int, region::int, name")
    assert found == [(1, 1, "one"), (1, 2, "one too"), (2, 1, "two"), (3, 1, "three")]
    do("delete from users where region = 1 and id = 1")
    assert drift(landing) == ""
    assert len(landing.live("raw_app.users", "id, region", "id")) == 3


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
@pytest.mark.parametrize(
    ("to", "value", "raw"),
    [
        ("bigint", "9007199254740993", "bigint"),
        ("decimal(30,3)", "123456789012345678901234567.125", "numeric"),
        ("varchar(20)", "'0010'", "text"),
        ("date", "'2024-02-29'", "text"),
    ],
)
def test_a_column_retyped_lands_under_the_widest_faithful_type(landing, do, kind, to, value, raw):
    if to == "date":
        do("update users set score = null")
    using = f" using score::text::{to}" if kind == "postgresql" else ""
    do(f"alter table users {'alter' if kind == 'postgresql' else 'modify'} score {'type ' * bool(using)}{to}{using}")
    do(f"insert into users values (4, 'four', {value})")
    assert drift(landing) == f"score is {raw}, was integer"
    assert types(landing)["score"] == raw
    assert users(landing, "score::text")[3] == (value.strip("'"),)


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_column_that_turns_narrower_keeps_its_type_in_raw(landing, do, kind):
    do("alter table users drop column name")
    if kind == "postgresql":
        do("alter table users alter score type smallint")
    else:
        do("alter table users modify score smallint")
    do("update users set score = -5 where id = 1")
    assert drift(landing) == "gone, NULL from now on: name"
    assert types(landing)["score"] == "integer"
    assert users(landing, "score")[0] == (-5,)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_view_on_raw_that_forbids_a_retype_is_named(landing, do, kind):
    with psycopg.connect(landing.warehouse, autocommit=True) as warehouse:
        warehouse.execute("create view public.mine as select score from raw_app.users")
        do("alter table users alter score type bigint")
        (result,) = landing.land().values()
        assert "a view stands on a column of raw whose type must change: drop the view" in result.message
        assert types(landing)["score"] == "integer"
        warehouse.execute("drop view public.mine")
    assert drift(landing) == "score is bigint, was integer"


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_row_twice_and_a_row_gone_do_not_balance(landing, do, kind):
    do("alter table users drop constraint users_pkey")
    landing.one()
    do("delete from users where id = 3; insert into users values (1, 'one again', 5)")
    (result,) = landing.land().values()
    assert "key (id) is not a key: 1 stands in 2 rows" in result.message
    do("delete from users where name = 'one'")
    landing.one()
    assert users(landing, "id, name") == [(1, "one again"), (2, "two")]
    landing.proven()


@pytest.mark.parametrize("kind", ["postgresql"])
def test_another_table_takes_the_name_while_the_landing_waits(landing, do, kind, monkeypatch):
    do("create table users_new (id int primary key, name varchar(40), score int)")
    do("insert into users_new values (2, 'of the new table', 20), (9, 'nine', 90)")
    landing.one()  # the rows of users_new are older than what is landed next
    with psycopg.connect(os.environ["APP_URL"]) as holder:
        holder.execute("lock table users in access exclusive mode")
        holder.execute("alter table users rename to users_old; alter table users_new rename to users")
        landed = threading.Thread(target=landing.one)
        landed.start()
        time.sleep(1)
    landed.join()
    assert users(landing, "id, name") == [(2, "of the new table"), (9, "nine")]
    landing.proven()
