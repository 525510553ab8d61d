"""Sources against raw: each way in which raw may differ is found, and one source that fails keeps no other waiting."""

from pathlib import Path

import psycopg
import pytest

from ingest import verify
from tests.support.landing import APP, Landing

DROPS = """
    sources:
      - name: drops
        schema: raw_drops
        config: {meta: {connection: DROPS_URL}}
        tables:
          - {name: people, config: {meta: {key: [email], path: "*.csv", format: csv}}}
"""


@pytest.fixture
def users(landing: Landing, app: psycopg.Connection) -> Landing:
    """Ten landed users; then 3 has changed, 4 is gone and 11 has come, and that has landed, too."""
    landing.declare(APP)
    app.execute("create table users (id int primary key, name text); "
                "insert into users select n, 'user ' || n from generate_series(1, 10) n")  # fmt: skip
    landing.one()
    app.execute("update users set name = 'Three' where id = 3; delete from users where id = 4")
    app.execute("insert into users values (11, null)")
    landing.one()
    return landing


def spoil(landing: Landing, act: str) -> None:
    with psycopg.connect(landing.warehouse) as connection:
        connection.execute(act)


@pytest.mark.parametrize(
    ("act", "counts", "says"),
    [
        ("select 1", (10, 10, 0, 0, 0), []),
        ("delete from raw_app.users where id = 5", (10, 9, 1, 0, 0), ["id = '5': missing in raw"]),
        ("delete from raw_app.users where _op = 'delete'", (10, 11, 0, 1, 0), ["id = '4': gone at the source"]),
        ("delete from raw_app.users where name = 'Three'", (10, 10, 0, 0, 1), ["id = '3': differs in name"]),
        ("update raw_app.users set name = '' where id = 11", (10, 10, 0, 0, 1), ["id = '11': differs in name"]),
        ("update raw_app.users set name = case id when 5 then 'user 6' else 'user 5' end where id in (5, 6)",
         (10, 10, 0, 0, 2), ["id = '5': differs in name", "id = '6': differs in name"]),
        ("insert into raw_app.users (id, name, _dlt_load_id, _op) values (5, 'five', 'x', 'upsert')",
         (10, 10, 0, 0, 1), ["id = '5': differs in name"]),
        ("insert into raw_app.users (id, name, _dlt_load_id, _op) values (5, 'user 5', 'x', 'upsert')",
         (10, 10, 0, 0, 0), []),
        ("insert into raw_app.users (id, _dlt_load_id, _op) values (5, 'x', 'delete')",
         (10, 9, 1, 0, 0), ["id = '5': missing in raw"]),
        ("truncate raw_app.users", (10, 0, 10, 0, 0), [f"id = '{n}': missing in raw" for n in (1, 2, 5, 6, 7)]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("buckets", [1, 1 << 14])
def test_what_raw_does_not_hold_is_named(
    users: Landing, act: str, counts: tuple[int, ...], says: list[str], buckets: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "BUCKETS", buckets)
    spoil(users, act)
    (found,) = users.verify()
    assert (found.source_rows, found.raw_rows, found.missing, found.extra, found.different) == counts
    assert found.examples == says and found.holds == (not says) and not found.message


def test_a_source_that_fails_keeps_no_other_from_being_compared(
    users: Landing, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users.declare(DROPS, "drops.yml")
    (folder / "a.csv").write_text("email,name\nann@x.io,Ann\nben@x.io,Ben\n")
    users.land()
    spoil(users, "delete from raw_drops.people where email = 'ben@x.io'")
    monkeypatch.setenv("APP_URL", "postgresql://nobody:secret@127.0.0.1:1/none")
    app, drops = sorted(users.verify(), key=lambda found: found.source)
    assert app.message.startswith("app") and "secret" not in app.message and not app.holds
    assert (drops.missing, drops.raw_rows, drops.message) == (1, 1, "")
    assert drops.examples == ["_file, email = 'a.csv' 'ben@x.io': missing in raw"]


def test_columns_with_odd_names_and_types_are_compared(landing: Landing, app: psycopg.Connection) -> None:
    landing.declare(APP)
    app.execute("""
        create table users (id numeric primary key, "a ""b" json, "C d" interval, e float8, f int[], g tsvector);
        insert into users values (1.0, '{"a": 1.0}', '1 day', 'NaN', '{1,2}', 'a b'),
            (2, null, '24:00:00', '-0', '{}', null), (3, '{"a": 1}', null, null, null, null)""")  # fmt: skip
    landing.one()
    landing.proven()
    spoil(landing, "update raw_app.users set e = 0 where id = 2")
    spoil(landing, """update raw_app.users set "C d" = '24:00:00' where id = 1""")
    (found,) = landing.verify()
    assert found.different == 2
    assert found.examples == ["id = '1': differs in C d", "id = '2': differs in e"]


def test_values_that_two_rows_have_exchanged_are_found_by_digests(
    landing: Landing, app: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "BUCKETS", 1)
    landing.declare(APP)
    app.execute("create table users (id int primary key, n int, amount numeric);"
                "insert into users select n, n, n from generate_series(1, 10) n")  # fmt: skip
    landing.one()
    landing.proven()
    spoil(landing, "update raw_app.users set n = 3 - n where id in (1, 2)")
    (found,) = landing.verify()
    assert found.examples == ["id = '1': differs in n", "id = '2': differs in n"]
    spoil(landing, "update raw_app.users set n = id; update raw_app.users set amount = 7.0 where id = 7")
    (found,) = landing.verify()
    assert found.examples == ["id = '7': differs in amount"]
