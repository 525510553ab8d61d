"""What a publication changed, in rows."""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from weir.project.marts import PUBLISHED, Mart
from weir.publish import merge


@dataclass(frozen=True)
class Change:
    """What a publication did to a mart, in rows; `rows` is how many it has afterwards, None when it was dropped."""

    mart: str
    inserted: int
    updated: int
    deleted: int
    rows: int | None


def count(connection: psycopg.Connection, mart: Mart) -> int:
    """The rows that readers see of the mart."""
    row = connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(PUBLISHED, mart.name))).fetchone()
    return int(row[0]) if row else 0


def changed(found: merge.Difference) -> Change:
    """What merging the difference does to its mart."""
    return Change(found.mart.name, found.inserted, found.updated, found.deleted, found.rows)
