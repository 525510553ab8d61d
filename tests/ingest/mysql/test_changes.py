"""MySQL and MariaDB: changes, deletes, windows of a cursor, hostile settings, and a source that dies meanwhile."""

import threading
import time

import psycopg
import pytest

from ingest.connectors.mysql import connector
from tests.servers.mariadb import Server, shared

pytestmark = pytest.mark.slow

SHOP = """
    sources:
      - name: shop
        schema: raw_shop
        config: {meta: {connection: SHOP_URL}}
        tables:
          - name: orders
            config: {meta: {key: [id], cursor: updated_at}}
"""


@pytest.fixture
def mariadb() -> Server:
    return shared()


@pytest.fixture
def shop(landing, mariadb, monkeypatch):
    url = mariadb.database("shop")
    monkeypatch.setenv("SHOP_URL", url)
    connection = mariadb.connect("shop")
    with connection.cursor() as cursor:
        cursor.execute("""create table orders (id int primary key, note varchar(40),
            updated_at timestamp(6) null default current_timestamp(6) on update current_timestamp(6))""")
        cursor.execute("insert into orders (id, note) select seq, concat('note ', seq) from seq_1_to_100")
        landing.declare(SHOP)
        yield cursor
    connection.close()


def test_changes_and_deletes_also_where_the_cursor_lies(landing, shop):
    event = landing.one().tables[0]
    assert (event.how, event.landed) == ("first load", 100)
    shop.execute("update orders set note = 'changed', updated_at = '2001-01-01' where id = 1")
    shop.execute("delete from orders where id = 2")
    event = landing.one().tables[0]
    assert (event.how, event.landed, event.deleted) == ("compare", 2, 1)
    assert landing.one().tables[0].landed == 0
    landing.balanced()
    landing.proven()


def test_a_timestamp_lands_with_its_zone_unless_it_has_landed_without(landing, shop):
    shop.execute("set sql_mode = '', time_zone = '-05:00'")
    shop.execute("alter table orders modify updated_at timestamp(6) null")
    shop.execute("update orders set updated_at = if(id = 1, '2024-01-01 00:00:00.5', 0)")
    landing.one()
    query = "select distinct updated_at from raw_shop.orders where id < 3 order by 1"
    assert landing.rows(query) == [("0000-00-00 00:00:00.000000",), ("2024-01-01 05:00:00.500000+00",)]
    with psycopg.connect(landing.warehouse) as connection:  # as an earlier version landed it
        connection.execute("update raw_shop.orders set updated_at = replace(updated_at, '+00', '')")
        connection.execute("update ops.landings set state = state - 'zoned' where state is not null")
    assert landing.one(full=True).tables[0].landed == 0
    shop.execute("alter table orders add paid_at timestamp null")
    shop.execute("update orders set paid_at = '2024-02-02', updated_at = '2024-02-01' where id = 2")
    for _ in range(2):
        landing.one(full=True)
        landing.proven()
    columns = landing.live("raw_shop.orders", "id", "id, updated_at, paid_at")
    assert columns[:2] == [(1, "2024-01-01 05:00:00.500000", None),
                           (2, "2024-02-01 05:00:00.000000", "2024-02-02 05:00:00+00")]  # fmt: skip
    landing.balanced()


def test_a_large_table_by_a_window_below_the_oldest_open_transaction(landing, shop, mariadb, monkeypatch):
    monkeypatch.setattr(connector, "SMALL", 10)
    landing.one()
    with mariadb.connect("shop", autocommit=False) as writer, writer.cursor() as late:
        late.execute("insert into orders (id, note) values (200, 'begun before, seen after')")
        time.sleep(3)
        shop.execute("insert into orders (id, note) values (300, 'begun after, seen before')")
        event = landing.one().tables[0]
        assert (event.how, event.landed) == ("cursor", 1)
        writer.commit()
    event = landing.one().tables[0]
    assert (event.how, event.landed) == ("cursor", 1)
    assert landing.rows("select count(*) from raw_shop.orders where id in (200, 300)") == [(2,)]
    assert landing.one().tables[0].landed == 0
    shop.execute("delete from orders where id < 5")
    event = landing.one().tables[0]
    assert (event.how, event.landed, event.deleted) == ("compare", 4, 4)
    shop.execute("update orders set note = 'unseen', updated_at = '2001-01-01' where id = 50")
    assert landing.one().tables[0].landed == 0
    assert landing.one(full=True).tables[0].landed == 1
    landing.balanced()
    landing.proven()


def test_rows_with_no_cursor_and_from_the_far_future(landing, shop, monkeypatch):
    monkeypatch.setattr(connector, "SMALL", 10)
    shop.execute("insert into orders values (900, 'future', '2037-12-31 00:00:00')")
    landing.one()
    shop.execute("insert into orders values (901, 'no cursor', null), (902, 'now', now(6))")
    event = landing.one().tables[0]
    assert (event.how, event.landed) == ("cursor", 2)
    landing.proven()


def test_an_account_that_may_not_see_transactions_has_a_stated_lag(landing, shop, mariadb, monkeypatch):
    monkeypatch.setattr(connector, "SMALL", 10)
    shop.execute("create or replace user reader@'%' identified by 'p@ss:w/rd'")
    shop.execute("grant select on shop.* to reader@'%'")
    _, place = mariadb.url.rsplit("@", 1)
    monkeypatch.setenv("SHOP_URL", f"mysql://reader:p%40ss%3Aw%2Frd@{place}/shop")
    landing.one()
    shop.execute("insert into orders values (200, 'late', now(6) - interval 50 minute)")
    event = landing.one().tables[0]
    assert event.landed == 1
    assert event.how == "cursor less 1 hour (the account may not see open transactions: grant it process)"


def test_no_key_a_view_and_engines_without_transactions(landing, shop):
    shop.execute("create table nothing (a int, b text) engine = myisam")
    shop.execute("insert into nothing values (1, 'x'), (1, 'x'), (null, ''), (null, null)")
    shop.execute("create view few as select id, upper(note) as note from orders where id <= 3")
    shop.execute("create table empty (a int)")
    landing.declare(SHOP.replace("- name: orders", "- name: nothing\n          - name: empty\n          - name: few")
                    .replace(", cursor: updated_at", ""))  # fmt: skip
    landing.one()
    shop.execute("delete from nothing where a = 1 limit 1")
    shop.execute("insert into nothing values (null, 'é\\n')")
    events = {event.table: event for event in landing.one().tables}
    assert (events["nothing"].landed, events["nothing"].deleted) == (2, 1)
    assert events["few"].landed == events["empty"].landed == 0
    assert landing.rows("select id, note from raw_shop.few order by id")[0] == (1, "NOTE 1")
    landing.balanced()
    landing.proven()


def test_a_row_longer_than_one_value_may_be(landing, shop):
    shop.execute("alter table orders add big longblob, add more longtext")
    shop.execute("update orders set big = repeat(0xFE, 12000000), more = repeat('\\t\\\\', 1500000) where id = 5")
    shop.execute("update orders set big = '', more = '' where id = 6")
    landing.one()
    found = landing.rows("""select id, length(big), md5(big), length(more), md5(more)
        from raw_shop.orders where big is not null order by id""")
    shop.execute(
        "select id, length(big), md5(big), length(more), md5(more) from orders where big is not null order by id"
    )
    assert found == list(shop.fetchall())
    landing.proven()


def test_columns_added_dropped_and_retyped(landing, shop):
    landing.one()
    shop.execute("alter table orders add extra int default 5, modify note longtext, modify id bigint unsigned")
    shop.execute("update orders set id = 18446744073709551615 where id = 100")
    assert landing.one().tables[0].landed == 101
    shop.execute("alter table orders drop extra")
    shop.execute("update orders set note = 'x' where id = 1")
    assert landing.one().tables[0].landed == 1
    landing.balanced()
    landing.proven()


def _says(landing, change=("", "")):
    landing.declare(SHOP.replace(*change) if change[0] else SHOP)
    (result,) = landing.land().values()
    assert result.state == "failed"
    assert "\n" not in result.message and "weir-test" not in result.message
    return result.message


def test_mistakes_in_one_clear_line(landing, shop, mariadb, monkeypatch):
    assert "no table order at the source" in _says(landing, ("name: orders", "name: order"))
    assert "it sees: orders" in _says(landing, ("name: orders", "name: order"))
    assert "key names column 'nr', which is not at the source" in _says(landing, ("[id]", "[nr]"))
    assert "cursor names column 'changed'" in _says(landing, ("updated_at", "changed"))
    assert "not a key" in _says(landing, ("[id]", "[updated_at]"))
    account, place = mariadb.url.rsplit("@", 1)
    for url, expected in {
        f"mysql://weir:mistyped@{place}/shop": "wrong user or password: mend SHOP_URL",
        f"{mariadb.url}/nowhere": "there is no such database: mend SHOP_URL",
        f"{account}@no.such.host.invalid:3306/shop": "can't be reached: see that it is up, and check SHOP_URL",
        f"{account}@127.0.0.1:1/shop": "can't be reached: see that it is up, and check SHOP_URL",
        mariadb.url: "SHOP_URL must name a server and a database",
    }.items():
        monkeypatch.setenv("SHOP_URL", url)
        assert expected in _says(landing)


def test_an_account_without_rights_on_one_table(landing, shop, mariadb, monkeypatch):
    shop.execute("create table secret (id int primary key)")
    shop.execute("create or replace user some@'%' identified by 'some'")
    shop.execute("grant select on shop.orders to some@'%'")
    monkeypatch.setenv("SHOP_URL", f"mysql://some:some@{mariadb.url.rsplit('@', 1)[1]}/shop")
    landing.declare(SHOP + "          - {name: secret, config: {meta: {key: [id]}}}")
    (result,) = landing.land().values()
    assert result.message.startswith("shop.secret: there is no table secret at the source, or the account may not read")
    assert [event.state for event in result.tables] == ["done", "failed"]


def test_a_source_killed_meanwhile_leaves_nothing_half_landed(landing, shop, mariadb, monkeypatch):
    if not mariadb.process:
        pytest.skip("the server is not ours to kill")
    shop.execute("set global innodb_flush_log_at_trx_commit = 1")
    shop.execute("insert into orders (id, note) select seq, repeat('x', 40) from seq_101_to_400000")
    read = connector.lines

    def cut(packets, columns):
        for number, block in enumerate(read(packets, columns)):
            if number == 20:
                mariadb.kill()
            yield block

    monkeypatch.setattr(connector, "lines", cut)
    try:
        message = _says(landing)
    finally:
        mariadb.start()
    assert message.startswith("shop.orders: went away while it was read: see that it is up, then run again")
    assert landing.rows("select to_regclass('raw_shop.orders')") == [(None,)]
    assert landing.rows("select count(*) from ops.landings") == [(0,)]
    monkeypatch.setattr(connector, "lines", read)
    assert landing.one().tables[0].landed == 400_000
    landing.proven()


def test_one_snapshot_while_others_write(landing, shop, mariadb):
    shop.execute("create table pairs (id int primary key, value int)")
    shop.execute("insert into pairs select seq, 0 from seq_1_to_50000")
    stop = threading.Event()

    def write():
        with mariadb.connect("shop") as connection, connection.cursor() as cursor:
            value = 0
            while not stop.is_set():
                value += 1
                cursor.execute(f"update pairs set value = {value} where id in (1, 50000)")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        landing.declare(SHOP.replace("orders", "pairs").replace(", cursor: updated_at", ""))
        for _ in range(3):
            landing.one()
            (first,), (last,) = landing.live("raw_shop.pairs", "id", "value")[:: 50000 - 1]
            assert first == last
    finally:
        stop.set()
        thread.join()


def test_a_locked_table_and_a_time_limit(landing, shop, mariadb, monkeypatch):
    with mariadb.connect("shop") as other, other.cursor() as cursor:
        cursor.execute("lock tables orders write")
        monkeypatch.setattr(connector.Wire, "LOCK", 1)
        assert "another session holds a lock on it" in _says(landing)
    landing.one()
