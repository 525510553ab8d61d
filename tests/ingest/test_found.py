"""`tables: {include: …}`: the tables that a source has land without being declared; by hand wins; what goes is told."""

import os
import sqlite3
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.rows import dict_row

from expectations.limits.arrivals import measure
from tests.servers import mariadb, mongodb
from weir.core.errors import WeirError
from weir.ledger.found import with_found
from weir.project.sources import read_plan

ALL = """
    sources:
      - name: shop
        schema: raw_shop
        config: {{meta: {{connection: SHOP_URL, tables: {tables}}}}}
        {declared}
"""


def _postgres(request, tmp_path):
    app = request.getfixturevalue("app")
    app.execute("""create schema sales; create schema crm;
        create table orders (id int, line int, v text, primary key (line, id)); insert into orders values (1, 2, 'x');
        create table sales.orders (id int primary key); insert into sales.orders values (7);
        create table sales.leads (id int primary key, v text); create table crm.leads (v text);
        create table tmp_x (id int); create view all_orders as select * from orders;
        create table "Odd;Name" (id int primary key); insert into "Odd;Name" values (1);
        create table parts (id int primary key) partition by range (id);
        create table parts_1 partition of parts for values from (0) to (9); insert into parts values (1)""")
    return os.environ["APP_URL"], app.execute


def _mysql(request, tmp_path):
    server = mariadb.shared()
    url = server.database("shop")
    connection = server.connect("shop")
    with connection.cursor() as cursor:
        cursor.execute("create table orders (id int, line int, v text, primary key (line, id))")
        cursor.execute("insert into orders values (1, 2, 'x')")
        cursor.execute("create table tmp_x (id int)")
        cursor.execute("create view all_orders as select * from orders")
    request.addfinalizer(connection.close)
    return url, lambda query: connection.cursor().execute(query)


def _sqlite(request, tmp_path):
    connection = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    connection.executescript("""create table orders (id int, line int, v text, primary key (line, id));
        insert into orders values (1, 2, 'x'); create table tmp_x (id int);
        create view all_orders as select * from orders""")
    return f"sqlite:///{tmp_path}/shop.db", connection.execute


def _mongodb(request, tmp_path):
    url, database = mongodb.shared().database("shop")
    database.orders.insert_one({"_id": 1})
    database.tmp_x.insert_one({"_id": 1})

    def run(query):
        words = query.split()
        database.drop_collection(words[2]) if words[0] == "drop" else database[words[2]].insert_one({"_id": 1})

    return url, run


KINDS = {"postgres": _postgres, "sqlite": _sqlite, "mysql": _mysql, "mongodb": _mongodb}


def landed(landing, failing=0):
    (result,) = landing.land().values()
    assert (result.state == "failed") == bool(failing), result.message
    return {event.table: event.landed for event in result.tables if event.state == "done"}, result.message


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] * (kind in ("mysql", "mongodb"))) for kind in KINDS]
)
def test_what_is_there_lands(landing, request, tmp_path, monkeypatch, kind):
    url, run = KINDS[kind](request, tmp_path)
    monkeypatch.setenv("SHOP_URL", url)
    landing.declare(ALL.format(tables="{include: ['*'], exclude: ['tmp_*']}", declared=""))
    found, _ = landed(landing)
    assert found["orders"] == 1 and not {"tmp_x", "all_orders", "parts_1"} & set(found)
    if kind == "postgres":
        odd = next(name for name in found if name.startswith("Odd_"))
        assert found == {"orders": 1, "sales_orders": 1, "sales_leads": 0, "crm_leads": 0, "parts": 1, odd: 1}
        assert landing.rows("select id from raw_shop.sales_orders") == [(7,)]
    if kind != "mongodb":
        (source,) = read_plan(landing.folder).sources
        with psycopg.connect(landing.warehouse) as connection:
            tables = {table.name: table for table in with_found(connection, source).tables}
        assert tables["orders"].key == ["line", "id"] and set(tables) == set(found)
    landing.proven()
    run("create table fresh (id int primary key)")
    run(f"drop table orders{' cascade' * (kind == 'postgres')}")
    found, message = landed(landing, failing=1)
    assert "fresh" in found and "orders" not in found  # no other table takes the name
    assert "shop.orders" in message and "there is no" in message
    landing.declare(ALL.format(tables="{include: ['*'], exclude: ['tmp_*', orders]}", declared=""))
    assert "fresh" in landed(landing)[0]
    assert landing.rows("select count(*) from raw_shop.orders where _op = 'upsert'") == [(1,)], "its rows stay"


def test_a_table_that_is_declared_wins(landing, request, tmp_path, monkeypatch):
    url, _ = _postgres(request, tmp_path)
    monkeypatch.setenv("SHOP_URL", url)
    declared = """tables:
          - {name: orders, config: {meta: {key: [id], from: sales.orders}}}
          - {name: bought, config: {meta: {key: [line, id], from: orders, exclude: [v]}}}"""
    landing.declare(ALL.format(tables="{include: [public.o*, 'sales.*']}", declared=declared))
    assert landed(landing)[0] == {"orders": 1, "bought": 1, "leads": 0}
    landing.proven()
    (result,) = landing.land(tables=["shop.leads"]).values()
    assert [event.table for event in result.tables] == ["leads"]
    (result,) = landing.land(tables=["shop.nothing"]).values()
    assert "no table shop.nothing is declared, and `tables` includes none of that name" in result.message


def test_the_gate_measures_what_was_found(landing, request, tmp_path, monkeypatch):
    url, _ = _sqlite(request, tmp_path)
    monkeypatch.setenv("SHOP_URL", url)
    landing.declare(ALL.format(tables="{include: orders}", declared=""))
    landed(landing)
    (source,) = read_plan(landing.folder).sources
    with psycopg.connect(landing.warehouse, row_factory=dict_row) as connection:
        connection.execute("create temporary table staged (source text, table_name text, load_id text)")
        rows = measure(connection, with_found(connection, source), "test", datetime(2026, 7, 1, tzinfo=UTC))["tables"]
    assert [(row["table_name"], row["rows_landed"], row["null_keys"]) for row in rows] == [("orders", 1, 0)]


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ("{include: [nothing_*]}", "`tables` includes no table that is at the source; it has: all_orders"),
        ("{exclude: [x]}", "source shop: key 'tables.include': Field required"),
        ("{include: [a], only: [b]}", "source shop: key 'tables.only': Extra inputs are not permitted"),
        ("[orders]", "source shop: key 'tables'"),
    ],
)
def test_mistakes(landing, request, tmp_path, monkeypatch, tables, says):
    monkeypatch.setenv("SHOP_URL", _sqlite(request, tmp_path)[0])
    landing.declare(ALL.format(tables=tables, declared=""))
    try:
        (result,) = landing.land().values()
        told = result.message
    except WeirError as fault:
        told = str(fault)
    assert says.replace("all_orders", "orders") in told


def test_files_have_no_tables_to_find(landing, folder, monkeypatch):
    landing.declare(ALL.format(tables="{include: ['*']}", declared="").replace("SHOP_URL", "DROPS_URL"))
    (result,) = landing.land().values()
    assert "`tables: {include: …}` is for databases" in result.message
