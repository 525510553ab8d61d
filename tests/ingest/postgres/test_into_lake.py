"""Tables of PostgreSQL whose rows land in the lake alone: row versions, windows, deletes."""

from pathlib import Path

import psycopg
import pytest

from ingest.connectors.postgres import keys, windows
from tests.support.lake import balanced, live, rows
from tests.support.landing import Landing

SOURCE = """
    sources:
      - name: app
        schema: raw_app
        config: {{meta: {{connection: APP_URL}}}}
        tables:
          - {{name: users, config: {{meta: {{key: [id], {more}land: lake}}}}}}
"""


def one(landing: Landing, **options: bool) -> tuple[str, int, int]:
    event = landing.one(**options).tables[0]
    return event.how, event.landed, event.deleted


def fault(landing: Landing) -> str:
    (result,) = landing.land().values()
    assert result.state == "failed"
    return result.message


@pytest.fixture
def users(app: psycopg.Connection, landing: Landing, lake: Path) -> psycopg.Connection:
    app.execute(
        "create table users (id bigint primary key, name text, seen timestamptz, paid numeric(9, 2), m numeric)"
    )
    app.execute("insert into users select i, nullif('name ' || i, 'name 2'), '2026-01-02 03:04:05.06+00', i, 1.10 "
                "from generate_series(1, 1000) i")  # fmt: skip
    landing.declare(SOURCE.format(more=""))
    assert one(landing) == ("first load", 1000, 0)
    return app


@pytest.mark.parametrize("many", [100, 1_000_000])
def test_changes_and_deletes(
    landing: Landing, users: psycopg.Connection, lake: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """With key bits from 100 rows on, and without them."""
    monkeypatch.setattr(keys, "MANY", many)
    users.execute("insert into users values (1001, E'a\\tb\\\\', null, null, null), (1002, '', null, null, null)")
    assert one(landing) == ("row versions", 2, 0)
    assert one(landing) == ("row versions", 0, 0)
    users.execute("update users set name = 'changed' where id between 5 and 7")
    users.execute("delete from users where id in (9, 1001)")
    assert one(landing) == ("row versions", 5, 2)
    users.execute("delete from users where id = 10")
    users.execute("insert into users values (9, 'back', null, null, null)")
    assert one(landing, full=True) == ("row versions", 2, 1)
    users.execute("update users set id = 2000 where id = 11")
    assert one(landing) == ("row versions", 2, 1)
    found = users.execute("select id, name, seen, paid::text, m::text from users order by id").fetchall()
    assert live(lake, "app/users", "id", "id", "name", "seen", "paid", "m") == found
    assert landing.rows("select source_rows from ops.landings order by landed_at desc limit 1") == [(len(found),)]
    balanced(landing, lake)


def test_key_bits_spare_the_reading_of_files(
    landing: Landing, users: psycopg.Connection, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "MANY", 100)
    users.execute("insert into users values (1001, 'x', null, null, null)")
    one(landing)  # the first landing with bits: it reads the keys of all files
    for file in (lake / "raw_app" / "users").iterdir():
        file.rename(file.with_suffix(".away"))
    users.execute("update users set name = 'changed' where id = 5")
    users.execute("delete from users where id = 6")
    assert one(landing) == ("row versions", 2, 1)
    (file,) = (lake / "raw_app" / "users").glob("*.parquet")
    assert [(row["id"], row["_op"]) for row in rows(lake, "app/users")] == [(5, "upsert"), (6, "delete")]


def test_windows_and_their_sweep(
    landing: Landing, app: psycopg.Connection, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "_OLDEST", windows._OLDEST.replace(windows._MARGIN, "0 seconds"))
    app.execute("create table users (id int primary key, at timestamptz default now())")
    app.execute("insert into users select generate_series(1, 1000)")
    landing.declare(SOURCE.format(more="cursor: at, append_only: true, "))
    assert one(landing) == ("first load", 1000, 0)
    app.execute("insert into users select generate_series(1001, 1010)")
    assert one(landing) == ("cursor", 10, 0)
    app.execute("insert into users values (1011, '2020-01-01')")  # no window sees it
    app.execute("delete from users where id in (3, 1005)")
    assert one(landing) == ("cursor", 0, 0)
    with psycopg.connect(landing.warehouse) as warehouse:
        warehouse.execute("update ops.landings set state = jsonb_set(state, '{swept}', '\"2001-01-01 00:00:00+00\"') "
                          "where state is not null")  # fmt: skip
    assert one(landing) == ("row versions", 3, 2)
    assert live(lake, "app/users", "id", "id") == app.execute("select id from users order by id").fetchall()
    balanced(landing, lake)


def test_what_can_t_be_is_said_in_one_line(landing: Landing, users: psycopg.Connection, lake: Path) -> None:
    users.execute("alter table users alter name type bytea using name::bytea, add note text")
    told = "app.users: column name is bytea now and text in the lake, whose files keep their types"
    assert told in fault(landing)
    users.execute("drop table users")
    users.execute("create table users (id bigint primary key, name text)")
    assert fault(landing).startswith(
        "app.users: it must be compared whole with its source, which a table of the lake can't be"
    )
    landing.declare(SOURCE.format(more="from: plain, ").replace("name: users", "name: plain"))
    users.execute("create table plain (id int, v text)")
    assert "has no key that PostgreSQL keeps unique: declare its primary key as `key`" in fault(landing)
    landing.declare(SOURCE.format(more="from: seen, ").replace("name: users", "name: seen"))
    users.execute("create view seen as select id from users")
    assert "and this one is compared whole" in fault(landing)


def test_a_value_that_parquet_can_t_hold_stops_the_landing(
    landing: Landing, users: psycopg.Connection, lake: Path
) -> None:
    users.execute("insert into users values (1001, 'x', 'infinity', null, null)")
    assert "app.users: a value of column seen is none that Spark's timestamp can hold" in fault(landing)
    users.execute("delete from users where id = 1001")
    assert one(landing) == ("row versions", 0, 0)
    balanced(landing, lake)
