"""Statistics of published marts, by which PostgreSQL plans the queries of readers.

In: the changes of a publication that is committed. Out: `analyze` of the marts of which much changed.
"""

from collections.abc import Collection, Sequence
from typing import LiteralString

import psycopg
from psycopg import sql

from weir.project.marts import Mart, labelled
from weir.publish.changes import Change

STALE = 10  # a mart has new statistics when one row in 10 has changed since the last ones, as autovacuum gives them
_CHANGED = "select n_mod_since_analyze from pg_stat_user_tables where schemaname = %s and relname = %s"


def refresh(connection: psycopg.Connection, changes: Sequence[Change], sealed: Collection[str]) -> None:
    """Refresh the statistics of much changed marts; a vacuum takes values that now are masked out of the pages."""
    for change in changes:
        mart, done = labelled(change.mart), change.inserted + change.updated + change.deleted
        if change.mart in sealed and done:
            _run(connection, "vacuum (analyze)", mart)
        elif done:
            before = connection.execute(_CHANGED, [mart.schema, mart.name]).fetchone()
            if (done + (before[0] if before else 0)) * STALE >= (change.rows or 0):
                _run(connection, "analyze", mart)


def _run(connection: psycopg.Connection, what: LiteralString, mart: Mart) -> None:
    connection.execute(sql.SQL("{} {}").format(sql.SQL(what), sql.Identifier(mart.schema, mart.name)))
