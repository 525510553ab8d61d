"""Reads the warnings of accepted rows, which rules of `warn` have left in staging, in the warehouse or on Spark.

In: a connection, the schema of staging. Out: model, reason, number of rows, the smallest key.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from weir.ledger.staged import on_spark
from weir.spark.quoting import quoted
from weir.spark.server import required, session

Warned = tuple[str, str, int, str]
_MODELS = """
select c.relname from pg_class as c inner join pg_attribute as a on a.attrelid = c.oid
where c.relnamespace = to_regnamespace(%(staging)s) and c.relkind = 'r' and a.attname = '_warnings'
    and not a.attisdropped and (%(model)s::text is null or c.relname = %(model)s) order by 1"""
_HERE = """
select reason, count(*), min(_key) from {table}, unnest(string_to_array(_warnings, '; ')) as reason
where _warnings is not null group by 1 order by 2 desc, 1"""
_THERE = """
select reason, count(*), min(_key) from staging.{table} lateral view explode(split(_warnings, '; ')) as reason
where _warnings is not null group by 1 order by 2 desc, 1"""


def warned(connection: psycopg.Connection[Any], staging: str, model: str | None) -> list[Warned]:
    """Read the warnings of all models, or of one. Raises WeirError where Spark has them and is away."""
    found: list[Warned] = []
    for (name,) in connection.execute(_MODELS, {"staging": staging, "model": model}).fetchall():
        counts = connection.execute(sql.SQL(_HERE).format(table=sql.Identifier(staging, name))).fetchall()
        found += [(name, *row) for row in counts]
    there = sorted(on_spark(connection)) if staging == "staging" else []
    if model:
        there = [name for name in there if name == model]
    return sorted([*found, *_on_spark(there)], key=lambda row: row[0]) if there else found


def _on_spark(models: list[str]) -> Iterator[Warned]:
    if not models:
        return
    with session(required("the warnings of rows stand there")) as cursor:
        for name in models:
            cursor.execute(f"show columns in staging.{quoted(name)}")
            if ("_warnings",) in cursor.fetchall():
                cursor.execute(_THERE.format(table=quoted(name)))
                yield from ((name, *row) for row in cursor.fetchall())
