"""A row version has a meaning within one life of one server: a standby is followed, and what ends a life is seen."""

import signal

import psycopg
import pytest

from tests.servers.postgres import caught_up, postgres, standby
from tests.support.landing import APP

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def primary(server):
    with postgres() as made:
        yield made


@pytest.fixture
def users(landing, primary, monkeypatch):
    """A server of its own whose table has landed once."""
    monkeypatch.setenv("APP_URL", primary.url)
    landing.declare(APP)
    with primary.connect() as connection:
        connection.execute("drop table if exists users cascade; create table users (id int primary key, name text)")
        connection.execute("insert into users select i, 'name ' || i from generate_series(1, 100) i")
        assert landing.one().tables[0].how == "first load"
        yield connection


def live(landing, where="true"):
    return dict(landing.live("raw_app.users", "id", "id, name"))


def there(server):
    with server.connect() as connection:
        return dict(connection.execute("select id, name from users").fetchall())


def test_a_standby_is_followed_by_row_version_through_its_promotion(landing, users, primary, monkeypatch):
    with standby(primary) as copy:
        monkeypatch.setenv("APP_URL", copy.url)
        assert landing.one().tables[0].how == "compare", "another server: its versions are not those landed"
        with primary.connect(autocommit=False) as late:
            late.execute("insert into users values (500, 'late')")
            late.execute("savepoint s; update users set name = 'under a savepoint' where id = 1; release s")
            users.execute("update users set name = 'soon' where id = 2; delete from users where id = 3")
            caught_up(primary, copy)
            event = landing.one().tables[0]
            assert (event.how, event.landed, event.deleted) == ("row versions", 2, 1)
            late.commit()
        users.execute("vacuum full users")
        users.execute("insert into users values (501, 'after')")
        caught_up(primary, copy)
        event = landing.one().tables[0]
        assert (event.how, event.landed) == ("row versions", 3)
        assert live(landing) == there(copy)
        landing.proven()
        with copy.connect() as promoted:
            promoted.execute("select pg_promote(true, 60)")
            promoted.execute("update users set name = 'on the new timeline' where id = 4")
        landing.one()
        landing.one()
        assert live(landing) == there(copy)
        landing.balanced()
        landing.proven()


@pytest.mark.parametrize(
    "change",
    [
        "select pg_stat_reset_shared('wal')",
        "create policy nobody on users using (true)",
        "alter table users enable row level security",
        "alter table users add column plan text default 'free'",
        "alter table users alter name type varchar(50)",
        "create table more () inherits (users)",
        "restart",
    ],
)
def test_what_calls_for_a_full_compare(landing, users, primary, change):
    users.execute("update users set name = 'changed' where id = 1")
    assert landing.one().tables[0].how == "row versions"
    if change == "restart":
        primary.kill()
        primary.start()
    else:
        users.execute(change)
    assert landing.one().tables[0].how == "compare"
    assert landing.one().tables[0].how == "row versions"
    landing.proven()


@pytest.mark.parametrize("turn", [10**6, -(2**31)], ids=["transactions go back", "2^31 transactions later"])
def test_transactions_that_do_not_follow_call_for_a_full_compare(landing, users, turn):
    landing.one()
    with psycopg.connect(landing.warehouse) as warehouse:
        warehouse.execute(
            "update ops.landings set state = jsonb_set(state, '{xmin}', to_jsonb((state->>'xmin')::bigint + %s)) "
            "where state is not null", [turn],
        )  # fmt: skip
    users.execute("update users set name = 'changed' where id = 1")
    event = landing.one().tables[0]
    assert (event.how, event.landed) == ("compare", 1)
    assert landing.one().tables[0].how == "row versions"


def test_a_backup_put_back_lands_what_it_undid(landing, users, primary, monkeypatch):
    """Another server of the same name: fewer transactions, older rows, some gone."""
    with standby(primary) as backup:
        with backup.connect() as connection:
            connection.execute("select pg_promote(true, 60)")
        users.execute(
            "update users set name = 'lost with the crash' where id < 10; insert into users values (900, 'x')"
        )
        landing.one()
        monkeypatch.setenv("APP_URL", backup.url)
        event = landing.one().tables[0]
        assert (event.how, event.landed, event.deleted) == ("compare", 10, 1)
        assert live(landing) == there(backup)


def test_commits_that_a_crash_of_the_source_undid_are_found(landing, users, primary):
    users.execute("set synchronous_commit = off")
    users.execute("update users set name = 'perhaps lost' where id < 50")
    landing.one()
    primary.kill(signal.SIGKILL)
    primary.start()
    assert landing.one().tables[0].how == "compare"
    assert live(landing) == there(primary)


def test_a_materialized_view_and_a_table_with_row_policies(landing, users, primary, monkeypatch):
    users.execute("create materialized view seen as select id, name from users where id <= 5")
    users.execute("drop table if exists granted; create table granted (low int); insert into granted values (50)")
    users.execute("create policy part on users using (id <= (select low from granted))")
    users.execute("alter table users enable row level security")
    users.execute("drop role if exists reader; create role reader login password 'pw'")
    users.execute("grant select on users, seen, granted to reader")
    monkeypatch.setenv("APP_URL", primary.url.replace("weir:weir-test", "reader:pw"))
    landing.declare(APP + "          - {name: seen, config: {meta: {key: [id]}}}\n")
    landing.one()
    assert len(live(landing)) == 50, "what the account may see"
    users.execute("update granted set low = 60; update users set name = 'new' where id = 1")
    users.execute("refresh materialized view seen")
    events = {event.table: event for event in landing.one().tables}
    assert len(live(landing)) == 60, "no row's version has changed but one"
    assert (events["seen"].how, events["seen"].landed) == ("compare", 1)
    users.execute("drop materialized view seen; drop owned by reader; drop role reader")


def test_a_foreign_table_has_no_versions_and_says_what_its_wrapper_says(landing, users):
    users.execute("create foreign data wrapper nothing; create server far foreign data wrapper nothing")
    users.execute("create foreign table far_users (id int, name text) server far")
    landing.declare(APP + "          - {name: far_users, config: {meta: {key: [id]}}}\n")
    (result,) = landing.land().values()
    assert result.message.startswith("app.far_users: ") and 'wrapper "nothing" has no handler' in result.message
    assert [event.state for event in result.tables] == ["done", "failed"]
    users.execute("drop foreign data wrapper nothing cascade")
