"""The table of a staging model, which lies in the warehouse or on Spark: wherever it was staged last."""

from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from weir.spark.quoting import literal, quoted
from weir.spark.server import required, session
from weir.warehouse.catalog import exists


def on_spark(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """The rows of each model that Spark has staged last."""
    query = "select model, rows from ops.spark_staging inner join ops.staged_code using (model) where digest = 'spark'"
    return dict(connection.cursor(row_factory=tuple_row).execute(query).fetchall())


def rows_of(connection: psycopg.Connection[Any], model: str) -> int | None:
    """The accepted rows of the model; None where nothing was staged."""
    there = on_spark(connection).get(model)
    if there is not None or not exists(connection, "staging", model):
        return there
    query = sql.SQL("select count(*) from {}").format(sql.Identifier("staging", model))
    row = connection.cursor(row_factory=tuple_row).execute(query).fetchone()
    return int(row[0]) if row else 0


def holds(connection: psycopg.Connection[Any], model: str, key: str, load_id: str) -> bool:
    """Whether the model's table holds the row of a key that came with a load. Raises WeirError where Spark is away."""
    if model in on_spark(connection):
        with session(required("the row is looked for there")) as cursor:
            where = f"_key = {literal(key)} and _load_id = {literal(load_id)}"
            cursor.execute(f"select 1 from staging.{quoted(model)} where {where}")
            return cursor.fetchone() is not None
    table = sql.Identifier("staging", model)
    query = sql.SQL("select exists (select from {} where _key = %s and _load_id = %s)").format(table)
    row = connection.cursor(row_factory=tuple_row).execute(query, [key, load_id]).fetchone()
    return row == (True,)
