"""The changed rows of each mart."""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from weir.project.marts import Mart
from weir.publish import merge


@dataclass(frozen=True)
class Change:
    """The rows that a publication changed in a mart. `rows` is the number afterwards, None for a dropped mart."""

    mart: str
    inserted: int
    updated: int
    deleted: int
    rows: int | None


def count_rows(connection: psycopg.Connection, mart: Mart) -> int:
    """The number of rows that readers see in the mart."""
    row = connection.execute(
        sql.SQL("select count(*) from {}").format(sql.Identifier(mart.schema, mart.name))
    ).fetchone()
    return int(row[0]) if row else 0


def change_of(found: merge.Difference, rows: int) -> Change:
    """The change that merging the difference makes, which leaves so many rows."""
    return Change(found.mart.label, found.inserted, found.updated, found.deleted, rows)
