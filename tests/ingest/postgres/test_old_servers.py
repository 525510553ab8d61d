"""PostgreSQL as old as 9.6 lands as the newest does; servers too old are told so in one line."""

import socket
import threading

import asyncpg
import psycopg
import pytest

from ingest.connectors.registry import open_describer
from ingest.faults import one_line
from tests.servers.old_postgres import old_postgres
from tests.support.landing import APP, TWO
from weir.project.plan import Source
from weir.project.scaffold.described import Check, Counted, ForeignKey
from weir.project.scaffold.described import Test as Asked


@pytest.mark.parametrize("version", ["9.6.24", "10.23.0"])
def test_old_servers_land_exactly(landing, monkeypatch, version):
    with old_postgres(version) as url, psycopg.connect(url, autocommit=True) as app:
        monkeypatch.setenv("APP_URL", url)
        app.execute("create type mood as enum ('sad', 'ok')")
        app.execute("create table users (id int primary key, name text, m mood, n numeric, j jsonb, x float8)")
        app.execute("insert into users select i, 'u' || i, 'ok', i / 3.0, '{}', 0.1::float8 + 0.2 "
                    "from generate_series(1, 200) i")  # fmt: skip
        app.execute("create view other as select id, name from users where id < 10")
        landing.declare(TWO)
        found = {event.table: (event.landed, event.how) for event in landing.one().tables}
        assert found == {"users": (200, "first load"), "other": (9, "compare")}
        app.execute("update users set name = 'new' where id = 7")
        app.execute("delete from users where id = 8")
        app.execute("insert into users values (201, 'late', 'sad', 1, null, 'NaN')")
        found = {event.table: (event.landed, event.deleted, event.how) for event in landing.one().tables}
        assert found == {"users": (3, 1, "row versions"), "other": (2, 1, "compare")}
        app.execute("alter table users add column extra int")
        app.execute("update users set extra = 1 where id < 5")
        assert landing.one().tables[0].landed == 4
        landing.balanced()
        landing.proven()
        assert landing.live("raw_app.users", "id", "x::text")[0] == ("0.30000000000000004",)
        if version.startswith("10"):
            app.execute("create table parts (id int not null) partition by range (id)")
            app.execute("create table part1 partition of parts (primary key (id)) for values from (0) to (10)")
            app.execute("insert into parts values (1), (2)")
            landing.declare(APP.replace("name: users", "name: parts"))
            assert landing.one().tables[0].landed == 2
        app.execute(
            "create table lines (user_id int references users, mood mood check (mood <> 'sad'), unique (user_id))"
        )
        with open_describer("APP_URL", url) as describer:
            tables = {table.name: table for table in describer.tables([])}
            lines = tables["lines"]
            assert describer.count(tables["users"], [Asked("missing", ("extra",)), Asked("repeated", ("m",))], 9) == (
                Counted(200, (196, 198)))  # fmt: skip
            assert describer.sample(tables["users"], 50).rows == 50
        assert {*tables} == {"users", "other", "lines"} | ({"parts"} if version.startswith("10") else set())
        assert (lines.unique, lines.checks) == ([("user_id",)], [Check("lines_mood_check", "(mood <> 'sad'::text)")])
        assert lines.foreign_keys == [ForeignKey(("user_id",), "public", "users", ("id",))]


def test_a_large_old_table_tells_what_is_gone(landing, monkeypatch):
    """From 100,000 rows on keys are told apart by bits; a table that only grows lands windows."""
    with old_postgres("9.6.24") as url, psycopg.connect(url, autocommit=True) as app:
        monkeypatch.setenv("APP_URL", url)
        app.execute("create table users (id int primary key, at timestamptz not null default now())")
        app.execute("create table other (id int primary key, at timestamptz not null default now())")
        app.execute("create index on other (at)")
        for table in ("users", "other"):
            app.execute(f"insert into {table} (id) select generate_series(1, 120000)")
        grows = "{name: other, config: {meta: {key: [id], cursor: at, append_only: true}}}"
        landing.declare(TWO.replace("{name: other, config: {meta: {key: [id]}}}", grows))
        assert [event.landed for event in landing.one().tables] == [120000, 120000]
        for _ in range(2):
            app.execute("delete from users where id in (select id from users order by id limit 3)")
            app.execute("insert into users (id) select max(id) + 1 from users")
            app.execute("insert into other (id) select max(id) + 1 from other")
            found = {event.table: (event.landed, event.deleted) for event in landing.one().tables}
            assert found == {"users": (4, 3), "other": (1, 0)}
        landing.balanced()
        landing.proven()


@pytest.mark.parametrize(
    ("version", "says"),
    [(b"5.1.73-log", "app: the server is MySQL 5.1, too old to give a snapshot: 5.6 is the oldest that lands"),
     (b"5.5.62-MariaDB", "app: the server is MariaDB 5.5, too old to give a snapshot: 10.0 is the oldest that lands")],
)  # fmt: skip
def test_a_mysql_that_is_too_old_is_not_told_the_account(landing, monkeypatch, version, says):
    greeting = b"\x0a" + version + b"\0" + bytes(4) + b"12345678\0" + b"\xff\xf7\x21\x02\0\x0f\xa0\x15" + bytes(10)
    greeting += b"123456789012\0"
    heard = []

    def serve():
        client, _ = listener.accept()
        client.sendall(len(greeting).to_bytes(3, "little") + b"\0" + greeting)
        heard.append(client.recv(1000))
        client.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        monkeypatch.setenv("APP_URL", f"mysql://u:b7-Tq@127.0.0.1:{listener.getsockname()[1]}/shop")
        landing.declare(APP)
        (result,) = landing.land().values()
        assert result.message == says.replace("app:", "app.users:")
    assert heard == [b""]


def test_a_postgres_that_is_too_old():
    """9.5 knows no such setting, and says so before its version is known."""
    text = 'unrecognized configuration parameter "idle_in_transaction_session_timeout"'
    source = Source(name="app", connection="APP_URL")
    said = one_line(asyncpg.UndefinedObjectError(text), source)
    assert said.startswith(
        "app: the server is older than PostgreSQL 9.6, the oldest that lands: name a newer one in APP_URL"
    )
