"""Small tables of Weir's own to the lake, whole: what models and macros on Spark read of `ops` and `quality`.

Each version lies in a folder of its own, so that who reads the one before is not disturbed; the same content makes no
new version. In: names of tables. Out: the tables to point Spark at.
"""

import hashlib
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql
from pyarrow import parquet

from weir.core.errors import WeirError
from weir.spark.lake.opening import Lake, tame
from weir.spark.lake.tables import LakeTable
from weir.spark.lake.types import Column, columns_as, schema_of
from weir.warehouse.catalog import columns_of

TABLES = ("ops.landings", "quality.accepted")
# Of no use to a model, and large: what the next landing must know.
_LEFT_OUT = {"ops.landings": {"state", "columns"}}
VERSIONS = 3  # kept: a build by hand may read the one before


def send_small(
    connection: psycopg.Connection[Any], lake: Lake, names: Collection[str] = TABLES, versions: int = VERSIONS
) -> list[LakeTable]:
    """Write the tables (`schema.name`) as they are now; returns where each lies. Raises WeirError.

    Of each table so many versions are kept.
    """
    return [_send(connection, lake, versions, *name.split(".")) for name in names]


def _send(connection: psycopg.Connection[Any], lake: Lake, versions: int, schema: str, name: str) -> LakeTable:
    columns = [column if column.type != "text[]" else Column(column.name, column.type, pa.list_(pa.string()))
               for column in columns_as(columns_of(connection, schema, name))
               if column.name not in _LEFT_OUT.get(f"{schema}.{name}", ())]  # fmt: skip
    if not columns:
        raise WeirError(f"there is no table {schema}.{name} in the warehouse: type `weir up`")
    made = pa.table(_values(connection, schema, name, columns), schema_of(columns))
    folder, digest = f"{tame(schema)}/{tame(name)}", _digest(made)
    there = sorted({path.split("/")[2] for path in lake.store.sizes(folder) if path.endswith("/rows.parquet")})
    if there and there[-1].endswith(f"_{digest}"):
        version = there[-1]
    else:
        version = f"v{datetime.now(UTC):%Y%m%dT%H%M%S%f}_{digest}"
        with lake.store.draft(f"{folder}/{version}/rows.parquet") as path:
            parquet.write_table(made, path, compression="zstd")
        there.append(version)
    for old in there[:-versions]:
        lake.store.delete(f"{folder}/{old}/rows.parquet")
    return LakeTable(schema, name, tuple(columns), f"{folder}/{version}")


def _values(connection: psycopg.Connection[Any], schema: str, name: str, columns: list[Column]) -> list[pa.Array]:
    """The values of each column, in an order that stays while the rows do."""
    read = [
        sql.SQL("{}::text").format(sql.Identifier(column.name)) if column.arrow == pa.string()
        else sql.Identifier(column.name)
        for column in columns
    ]  # fmt: skip
    query = sql.SQL("select {} from {} order by {}").format(
        sql.SQL(", ").join(read), sql.Identifier(schema, name),
        sql.SQL(", ").join(sql.SQL(str(place)) for place in range(1, len(read) + 1)),
    )  # fmt: skip
    rows = connection.execute(query).fetchall()
    return [pa.array([row[place] for row in rows], column.arrow) for place, column in enumerate(columns)]


def _digest(table: pa.Table) -> str:
    """A digest of the table's columns and rows."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return hashlib.sha256(sink.getvalue()).hexdigest()[:12]
