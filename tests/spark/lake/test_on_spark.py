"""Spark reads the lake's tables as the warehouse reads raw, on a real local cluster; and what it writes comes back."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.spark.lake.conftest import Lakeside
from tests.spark.lake.test_types import make_odd
from weir import warehouse
from weir.core.errors import WeirError
from weir.spark.back.contracts import Target
from weir.spark.back.copy import bring_back
from weir.spark.lake.small import send_small
from weir.spark.lake.tables import apply, locations
from weir.spark.local import cluster

pytestmark = [pytest.mark.slow, pytest.mark.spark]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a cluster in a home of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("WEIR_LAKE", raising=False)
        home = os.environ["WEIR_HOME"]
        try:
            yield cluster.start().ports.thrift
        finally:
            patch.setenv("WEIR_HOME", home)
            cluster.stop()


@pytest.fixture
def cursor(port: int) -> Iterator[Any]:
    from pyhive import hive

    with hive.connect("127.0.0.1", port, username="weir") as connection:
        made = connection.cursor()
        for schema in ("raw_app", "ops", "quality", "built"):
            made.execute(f"drop schema if exists {schema} cascade")
        yield made


def asked(cursor: Any, query: str) -> list[tuple[Any, ...]]:
    cursor.execute(query)
    return list(cursor.fetchall())


def test_every_value_is_the_same_on_spark_and_comes_back_from_a_table_that_spark_made(
    lakeside: Lakeside, cursor: Any
) -> None:
    make_odd(lakeside)
    sent = lakeside.send()
    lake = lakeside.lake()
    assert apply(cursor, sent.tables, lake) == ["raw_app.odd"]
    assert apply(cursor, sent.tables, lake) == []
    cursor.execute("create schema built")
    cursor.execute("create table built.odd using parquet as select * from raw_app.odd")
    lakeside.run("create schema built")
    types = {column.name: column.type for column in sent.tables[0].columns}
    with warehouse.connect(warehouse.Role.OWNER) as connection:
        assert bring_back(connection, {locations(cursor, "built")["odd"]: Target("built", "odd", types)}) == {
            "odd": sent.rows
        }
    for one, other in (("raw_app", "built"), ("built", "raw_app")):
        assert lakeside.run(f"select t::text from {one}.odd t except all select t::text from {other}.odd t") == []


def test_new_files_columns_and_versions_are_seen(lakeside: Lakeside, cursor: Any) -> None:
    lakeside.make()
    lakeside.landed("users", "l1", 0)
    lake = lakeside.lake()

    def applied() -> list[str]:
        sent = lakeside.send()
        with warehouse.connect() as connection:
            return apply(cursor, [*sent.tables, *send_small(connection, lake)], lake)

    assert applied() == ["raw_app.users", "ops.landings", "quality.accepted"]
    assert asked(cursor, "select count(*) from raw_app.users") == [(0,)]
    lakeside.run("insert into raw_app.users (id, name, _dlt_load_id) values (1, 'Ann', 'l2'), (2, '', 'l2')")
    lakeside.landed("users", "l2", 2)
    assert applied() == ["ops.landings"]
    assert asked(cursor, "select id, name from raw_app.users order by id") == [(1, "Ann"), (2, "")]
    assert asked(cursor, "select load_id, landed from ops.landings order by 1") == [("l1", 0), ("l2", 2)]
    lakeside.run('alter table raw_app.users add column "Paid" numeric(10, 2)')
    lakeside.run("insert into raw_app.users (id, name, \"Paid\", _dlt_load_id) values (3, 'Cid', 1.50, 'l3')")
    lakeside.landed("users", "l3", 1)
    assert "raw_app.users" in applied()
    query = "select id, cast(`Paid` as string) from raw_app.users order by id"
    assert asked(cursor, query) == [(1, None), (2, None), (3, "1.50")]
    lakeside.run("update raw_app.users set name = null where id = 1")
    lakeside.run("insert into ops.erased (subject, source, table_name, key_hash, what, mark) "
                 "values ('h', 'app', 'users', 'h', 'row', 'm')")  # fmt: skip
    assert applied() == []
    assert asked(cursor, "select name from raw_app.users where id = 1") == [(None,)]


def test_tables_of_others_are_left_alone(lakeside: Lakeside, cursor: Any) -> None:
    lakeside.make()
    lakeside.landed("users", "l1", 0)
    cursor.execute("create schema raw_app")
    cursor.execute("create table raw_app.users (mine int) using parquet")
    with pytest.raises(WeirError, match=r"raw_app\.users on Spark is none of Weir's: drop it there"):
        apply(cursor, lakeside.send().tables, lakeside.lake())
    cursor.execute("drop table raw_app.users")
    other = "'weir.lake' = '0123456789abcdef:0:0'"
    cursor.execute(f"create table raw_app.users (mine int) using parquet tblproperties ({other})")
    with pytest.raises(WeirError, match="belongs to another warehouse's lake"):
        apply(cursor, lakeside.send().tables, lakeside.lake())
    assert asked(cursor, "describe table raw_app.users")[0][:2] == ("mine", "int")
