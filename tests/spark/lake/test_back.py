"""Tables that Spark wrote come back by the marts' contracts: all of them or none."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.spark.lake.conftest import Lakeside
from weir import warehouse
from weir.core.errors import WeirError
from weir.project.marts import NEXT
from weir.spark.back.built import bring_back_staging, column_name
from weir.spark.back.contracts import Index, Target, target_of
from weir.spark.back.copy import bring_back, plain
from weir.spark.lake.types import warehouse_type
from weir.warehouse import Role
from weir.warehouse.catalog import shape_of


def node(name: str, columns: list[dict[str, Any]], **config: Any) -> dict[str, Any]:
    """A model as dbt's manifest has it."""
    return {
        "resource_type": "model", "schema": "analytics_next", "name": name, "alias": name,
        "description": f"The {name}.",
        "columns": {each["name"]: {"constraints": [], **each} for each in columns}, "original_file_path": "m.sql",
        "config": {"materialized": "table", "contract": {"enforced": True},
                   "persist_docs": {"relation": True, "columns": True}, **config},
    }  # fmt: skip


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Two marts, and models that are none."""
    path = tmp_path / "manifest.json"
    key = {"name": "id", "data_type": "bigint", "description": "The key.", "constraints": [{"type": "not_null"}]}
    check = {"type": "check", "expression": "amount < 9"}
    more = [{"name": "Amount", "data_type": "numeric(14, 2)", "constraints": [check]},
            {"name": "Tag s", "quote": True, "data_type": "text[]", "description": "It's {odd}, 100 %."},
            {"name": "doc", "data_type": "jsonb"}, {"name": "at", "data_type": "timestamp with time zone"}]  # fmt: skip
    nodes = [
        node(
            "orders", [key, *more], indexes=[{"columns": ["id"], "unique": True}, {"columns": ["doc"], "type": "gin"}]
        ),
        node("people", [key]),
        node("seen", [key], materialized="view"),
        node("below", [key]) | {"schema": "intermediate"},
    ]
    path.write_text(json.dumps({"nodes": {each["name"]: each for each in nodes}}))
    return path


def spark_wrote(folder: Path, *parts: dict[str, pa.Array], part: str = "") -> str:
    """A table as Spark leaves it: part files, and marks beside them that are no data."""
    (folder / part).mkdir(parents=True, exist_ok=True)
    for number, columns in enumerate(parts):
        pq.write_table(pa.table(columns), folder / part / f"part-0000{number}-c000.snappy.parquet")
    (folder / "_SUCCESS").touch()
    (folder / ".part-00000.parquet.crc").write_bytes(b"crc")
    return f"file:{folder}"


def orders(tmp_path: Path, *ids: int) -> str:
    size = len(ids)
    columns = {
        "at": pa.array([1] * size, pa.timestamp("us", "UTC")),
        "ID": pa.array(ids, pa.int64()),
        "amount": pa.array(["1.10"] * size).cast(pa.decimal128(14, 2)),
        "Tag s": pa.array([['a"b', None, "", "c,\\d"]] * size, pa.list_(pa.string())),
        "doc": pa.array(['{"a": [1.10]}'] * size),
    }
    half = {name: values.slice(0, size // 2) for name, values in columns.items()}
    rest = {name: values.slice(size // 2) for name, values in columns.items()}
    return spark_wrote(tmp_path / "orders", half, rest)


def people(tmp_path: Path, *ids: int | None) -> str:
    return spark_wrote(tmp_path / "people", {"id": pa.array(ids, pa.int64())})


def targets(manifest: Path) -> list[Target]:
    """The tables of the manifest's marts that are tables, by name."""
    nodes = json.loads(manifest.read_text())["nodes"].values()
    kept = [each for each in nodes if each["schema"] == NEXT and each["config"]["materialized"] == "table"]
    return sorted(map(target_of, kept), key=lambda target: target.name)


def brought(manifest: Path, addresses: list[str]) -> dict[str, int]:
    with warehouse.connect(Role.DBT) as connection:
        return bring_back(connection, dict(zip(addresses, targets(manifest), strict=True)))


def test_marts_come_back_with_types_indexes_and_comments(lakeside: Lakeside, manifest: Path, tmp_path: Path) -> None:
    assert [target.name for target in targets(manifest)] == ["orders", "people"]
    assert brought(manifest, [orders(tmp_path, 1, 2, 3), people(tmp_path, 7)]) == {"orders": 3, "people": 1}
    query = 'select id, amount::text, "Tag s"[1:4], doc, extract(epoch from at)::text from analytics_next.orders'
    assert lakeside.run(query)[0] == (1, "1.10", ['a"b', None, "", "c,\\d"], {"a": [1.1]}, "0.000001")
    with warehouse.connect() as connection:
        shape = shape_of(connection, "analytics_next", "orders")
    assert shape and shape.columns == {
        "id": "bigint", "amount": "numeric(14,2)", "Tag s": "text[]", "doc": "jsonb", "at": "timestamp with time zone",
    }  # fmt: skip
    assert shape.indexes == {(True, "btree (id)"), (False, "gin (doc)")} and shape.not_null == {"id"}
    assert shape.comments == {"": "The orders.", "id": "The key.", "Tag s": "It's {odd}, 100 %."}
    assert lakeside.run("select tableowner from pg_tables where schemaname = 'analytics_next'") == [("weir_dbt",)] * 2


def test_what_does_not_fit_leaves_every_table_as_it_was(lakeside: Lakeside, manifest: Path, tmp_path: Path) -> None:
    brought(manifest, [orders(tmp_path, 1), people(tmp_path, 7)])
    cases = {
        r"analytics_next\.people: what Spark built does not fit its contract: NotNullViolation \(23502\) in id":
            people(tmp_path, None),
        r"people: Spark's table has no column id, for it is parted by it: leave out partition_by":
            spark_wrote(tmp_path / "parted", {"x": pa.array([1])}, part="id=1"),
        r"people: Spark's table has no column id": spark_wrote(tmp_path / "other", {"x": pa.array([1])}),
        r"people: what Spark built .* InvalidTextRepresentation \(22P02\) in id":
            spark_wrote(tmp_path / "text", {"id": pa.array(["secret"])}),
        r"holds no Parquet file: build it on Spark first": spark_wrote(tmp_path / "none"),
        r"there is no folder .*/gone": f"file:{tmp_path}/gone",
        r"has no like in the warehouse: write it as JSON":
            spark_wrote(tmp_path / "deep", {"id": pa.array([{"a": 1}])}),
    }  # fmt: skip
    for said, address in cases.items():
        with pytest.raises(WeirError, match=said) as fault:
            brought(manifest, [orders(tmp_path, 5, 6), address])
        assert "secret" not in str(fault.value)
    (tmp_path / "people" / "part-00000-c000.snappy.parquet").write_bytes(b"PAR1 cut short")
    with pytest.raises(WeirError, match=r"can't be read as Parquet .*: build it on Spark anew"):
        brought(manifest, [orders(tmp_path, 5, 6), f"file:{tmp_path}/people"])
    tables = (
        "select relname from pg_class where relnamespace = 'analytics_next'::regnamespace and relkind = 'r' order by 1"
    )
    assert lakeside.run(tables) == [("orders",), ("people",)]
    assert lakeside.run("select id from analytics_next.orders union all select id from analytics_next.people") == [
        (1,),
        (7,),
    ]


def test_a_key_that_spark_built_twice_is_refused(lakeside: Lakeside, manifest: Path, tmp_path: Path) -> None:
    with pytest.raises(WeirError, match=r"orders: what Spark built does not fit .*UniqueViolation \(23505\)"):
        brought(manifest, [orders(tmp_path, 1, 1), people(tmp_path, 7)])
    assert lakeside.run("select to_regclass('analytics_next.people')") == [(None,)]


def test_texts_that_look_like_the_end_of_a_copy_are_rows(lakeside: Lakeside, tmp_path: Path) -> None:
    texts = ["\\.", "", None, "\\N", "a", "\\.\n"]
    address = spark_wrote(tmp_path / "texts", {"t": pa.array(texts)})
    lakeside.run("create table public.texts (t text)")
    with warehouse.connect(Role.OWNER) as connection:
        assert bring_back(connection, {address: Target("public", "texts", {"t": "text"})}) == {"texts": 6}
    assert {text for (text,) in lakeside.run("select t from public.texts")} == set(texts)


def test_arrays_hold_booleans_and_bytes_as_postgresql_writes_them(lakeside: Lakeside, tmp_path: Path) -> None:
    columns = {"b": pa.array([[True, None, False], []]), "y": pa.array([[b"\x00a", None], None], pa.list_(pa.binary()))}
    target = Target("analytics_next", "arrays", {"b": "boolean[]", "y": "bytea[]"})
    with warehouse.connect(Role.DBT) as connection:
        bring_back(connection, {spark_wrote(tmp_path / "arrays", columns): target})
    rows = lakeside.run("select b, y from analytics_next.arrays order by y nulls last")
    assert rows == [([True, None, False], [b"\x00a", None]), ([], None)]


def test_names_that_begin_alike_are_tables_of_their_own(lakeside: Lakeside, tmp_path: Path) -> None:
    names = [f"{'a_mart_with_a_name_as_long_as_postgresql_has_them_at_most'}_{number}" for number in (1, 2)]
    tables = {spark_wrote(tmp_path / name, {"t": pa.array([name])}): Target("analytics_next", name, {"t": "text"})
              for name in names}  # fmt: skip
    with warehouse.connect(Role.DBT) as connection:
        bring_back(connection, tables)
    assert [lakeside.run(f"select t from analytics_next.{name}") for name in names] == [[(name,)] for name in names]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"types": {"t": "string"}}, 'type "string" does not exist'),
        ({"types": {"t": "text"}, "constraints": ("check (size(t) > 0)",)}, r"function size\(text\) does not exist"),
        ({"types": {"t": "text"}, "indexes": (Index(("u",)),)}, 'column "u" does not exist'),
    ],
)
def test_a_contract_that_postgresql_can_not_read_is_one_line(
    lakeside: Lakeside, tmp_path: Path, facts: dict[str, Any], why: str
) -> None:
    address = spark_wrote(tmp_path / "texts", {"t": pa.array(["a"])})
    with (
        warehouse.connect(Role.DBT) as connection,
        pytest.raises(WeirError, match=rf"analytics_next\.m: the warehouse can't make .* contract: {why}; mend"),
    ):
        bring_back(connection, {address: Target("analytics_next", "m", **facts)})


def test_a_column_of_a_mart_without_contract_has_the_name_that_postgresql_gives_it() -> None:
    mart = node("m", [{"name": "Said", "quote": True}, {"name": "OrderNo"}])
    names = ["OrderNo", "Said", "Two words", "plain"]
    assert [column_name(name, mart) for name in names] == ["orderno", "Said", "Two words", "plain"]


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("array<string>", "text[]"), ("array<decimal(12,2)>", "numeric(12,2)[]"), ("array<boolean>", "boolean[]"),
        ("array<array<int>>", "text"), ("array<struct<a:int>>", "text"), ("map<int,int>", "text"),
    ],
)  # fmt: skip
def test_a_column_of_a_mart_without_contract_has_the_type_next_to_sparks(kind: str, type_: str) -> None:
    assert warehouse_type(kind) == type_


def test_a_model_without_a_contract_is_named(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"nodes": {"m": node("loose", [{"name": "id"}])}}))
    with pytest.raises(WeirError, match=r"loose has no contract .*\(id has none\).* write it in m\.sql"):
        targets(path)


def test_without_a_manifest_nothing_comes_back(
    lakeside: Lakeside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warehouse.connect(Role.DBT) as connection:
        monkeypatch.setenv("WEIR_HOME", str(tmp_path))
        with pytest.raises(WeirError, match=r"manifest\.json can't be read: type `weir build` again"):
            bring_back_staging(connection, None)


def test_addresses_of_spark_in_the_form_of_the_setting() -> None:
    assert plain("file:/lake/t") == "file:///lake/t" == plain("file:///lake/t")
    assert plain("s3a://b/t") == "s3://b/t" and plain("gs://b/t") == "gs://b/t"
    assert Index(("a",)).method == "btree" and Target("s", "t", {}).place == "s.t"
