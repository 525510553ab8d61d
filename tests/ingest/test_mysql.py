"""MySQL and MariaDB: changes, deletes, windows of a cursor, hostile settings, and a source that dies meanwhile."""

import threading
import time

import pymysql
import pytest

from ingest.connectors import mysql
from tests.servers.mariadb import Server, shared

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
