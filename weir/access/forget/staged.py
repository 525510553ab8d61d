"""The tables of staging models; in place of one that Spark has, a view of the model's select over raw.

In: the models' compiled selects, for PostgreSQL. Out: for each the schema in which it is found under its name. The view
has all versions of each key, and ends with the session.
"""

from collections.abc import Collection, Sequence
from typing import Any

import psycopg
from psycopg import sql

from weir.ledger.verify import OWN, StagingModel
from weir.warehouse.catalog import columns_of

STAGING, _VIEWS = "staging", "pg_temp"


def make_views(
    connection: psycopg.Connection[Any], models: Sequence[StagingModel], on_spark: Collection[str]
) -> dict[str, str]:
    """Make the views; returns the schema of each model by its name."""
    for model in models:
        if model.name in on_spark:
            query = sql.SQL("create temporary view {} as {}").format(sql.Identifier(model.name), sql.SQL(model.code))
            connection.execute(query)
    return {model.name: _VIEWS if model.name in on_spark else STAGING for model in models}


def columns_in(connection: psycopg.Connection[Any], schema: str, model: StagingModel) -> list[str]:
    """The model's own columns, where it is found in that schema: in a view those of Weir are left out."""
    found = columns_of(connection, schema, model.name)
    return [
        name
        for name in found
        if name not in OWN and not (schema == _VIEWS and name.startswith("_") and name != "_load_id")
    ]
