"""Large tables whose keys are integers: new row versions and deletes are settled by bits, one for each key."""

import psycopg
import pytest

from ingest import job
from ingest.connectors.postgres import keys
from tests.support.users import APP, live, source


@pytest.mark.parametrize("kind", ["bigint", "smallint"])
def test_large_tables_with_integer_keys_settle_by_bits(landing, app, monkeypatch, kind):

    monkeypatch.setattr(keys, "MANY", 100)
    app.execute(f"create table users (id {kind} primary key, name text, secret text)")
    app.execute("insert into users select i - 500, 'name' from generate_series(1, 2000) i")
    landing.declare(APP)
    landing.one()

    def step(*statements, bits=True):
        before = {row[0] for row in live(landing)}
        with app.transaction():
            for statement in statements:
                app.execute(statement)
        event = landing.one().tables[0]
        assert live(landing) == source(app)
        assert event.deleted == len(before - {row[0] for row in source(app)})
        landing.balanced()
        states = landing.rows("select state->>'bits' from ops.landings where state is not null order by landed_at")
        assert (states[-1:] == landing.rows("select load_id from ops.key_bits")) == bits
        return event.deleted

    assert step("update users set name = 'new' where id < -450") == 0
    assert step("delete from users where id in (-499, -1, 0, 63, 64, 1500)") == 6
    assert step("delete from users where id = 5", "insert into users values (0, 'again'), (1700, 'later')") == 1
    assert step("update users set id = 2000 where id = 7", "update users set name = '' where id = 8") == 1
    assert step() == 0
    assert step("delete from users where id > 600") > 890
    with psycopg.connect(app.info.dsn, password=app.info.password) as late:
        late.execute("delete from users where id = 100")
        late.execute("insert into users values (101 + 2000, 'late')")
        assert step("delete from users where id = 102", "update users set name = 'soon' where id = 103") == 1
    assert step() == 1
    landing.one(full=True)
    assert step("delete from users where id = 104") == 1
    assert step("insert into users values (32000, 'far')", "delete from users where id < 400", bits=False) > 800
    landing.proven()


@pytest.mark.timeout(120)
def test_statistics_taken_in_the_midst_lead_no_join_astray(landing, users, monkeypatch):
    """The server's own ANALYZE sees what is committed, so few rows on many pages, and none of this load."""
    landing.one()
    monkeypatch.setattr(job, "EVERY", 0)
    users.execute("insert into users select i, repeat(md5(i::text), 20) from generate_series(1001, 60000) i")
    users.execute("delete from users where id = 1")
    with psycopg.connect(landing.warehouse, autocommit=True) as server:

        class Events(list):
            def append(self, event):
                if event.state == "progress":
                    server.execute("analyze raw_app.users")

        landing.events = Events()
        event = landing.one().tables[0]
        estimate = server.execute("select reltuples / relpages from pg_class where oid = 'raw_app.users'::regclass")
        assert estimate.fetchone() < (2,), "the planner was not misled"
    assert (event.landed, event.deleted) == (59_001, 1)
    assert event.seconds < 30, "a nested loop takes minutes"
    landing.proven()


def test_the_first_increment_has_bits_to_compare_with(landing, users, monkeypatch):
    monkeypatch.setattr(keys, "MANY", 100)
    landing.one()
    monkeypatch.setattr(keys.Keys, "balance", lambda *_: pytest.fail("all keys crossed the wire"))
    users.execute("delete from users where id % 100 = 0; update users set name = 'new' where id % 100 = 1")
    users.execute("insert into users values (0, 'again'), (1100, 'later')")
    event = landing.one().tables[0]
    assert (event.landed, event.deleted) == (22, 10)
    assert live(landing) == source(users)
    landing.proven()
    users.execute("delete from users where id = 1")
    assert landing.one().tables[0].deleted == 1


def test_an_index_that_lacks_a_new_row_is_told(landing, users, monkeypatch):
    monkeypatch.setattr(keys, "MANY", 2)
    users.execute("insert into users select i, 'name' from generate_series(1001, 5000) i")
    landing.one()
    ready = "update pg_index set indisready = {} where indrelid = 'users'::regclass"
    users.execute(ready.format("false"))
    users.execute("insert into users values (5001, 'in no index')")
    users.execute(ready.format("true"))
    message = landing.land()["app"].message
    assert "of 1 new rows the source finds 0 by their keys" in message
    assert 'reindex table "public"."users"' in message
    users.execute("reindex table users")
    assert landing.one().tables[0].landed == 1
    landing.proven()


def test_a_version_that_was_passed_over_is_not_taken_for_landed(landing, users, monkeypatch):
    """A balance that can only fail if raw lacks what the source has: as when a row was taken out of raw by hand."""

    for many in (100, 100_000):
        monkeypatch.setattr(keys, "MANY", many)
        users.execute("insert into users values (7000 + %s, 'new', 'x')", [many])
        landing.one()
        landing.rows("update ops.landings set state = state || '{\"rows\": 5}' where state is not null returning 1")
        landing.rows("update ops.key_bits set bits = array_fill(0::int8, array[cardinality(bits)]) returning 1")
        users.execute("update users set name = %s where id = 1", [str(many)])
        result = next(iter(landing.land().values()))
        assert "weir land --full-compare" in result.message
        landing.one(full=True)
        assert live(landing) == source(users)
