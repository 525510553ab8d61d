"""The rows of a staging model's table, which lies in the warehouse or on Spark: wherever it was staged last."""

from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

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
