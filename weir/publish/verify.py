"""Compares each published mart with the digest that its publication recorded.

In: `ops.publication_tables` of the publication in force, `analytics`. Out: a `MartComparison` per mart.
The digest is a sum of PostgreSQL's own hash of each row: a tenth of the time that comparing two tables takes.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from weir.project.marts import Mart, labelled
from weir.publish import evidence
from weir.warehouse.catalog import shape_of

# Types that PostgreSQL can hash; any other is hashed as its text.
_HASHED = ("smallint", "integer", "bigint", "numeric", "text", "character varying", "boolean", "date", "uuid", "jsonb",
           "timestamp without time zone", "timestamp with time zone", "real", "double precision")  # fmt: skip
_IN_FORCE = """
select publication_id, run_id, published_at from ops.publications where rolled_back_at is null
order by publication_id desc limit 1"""


@dataclass(frozen=True)
class MartComparison:
    """A mart now, compared with the digest of its publication; `fault` is empty when they are equal."""

    mart: str
    publication: int
    published_rows: int
    rows: int | None
    fault: str = ""

    @property
    def holds(self) -> bool:
        """Whether the mart is as it was published."""
        return not self.fault


def in_force(connection: psycopg.Connection) -> tuple[int, str] | None:
    """The publication that readers see, and the run that made it; None where nothing is published."""
    row = connection.execute(_IN_FORCE).fetchone()
    return (int(row[0]), str(row[1])) if row else None


def describe_current(connection: psycopg.Connection) -> str:
    """The sentence that names the publication which readers see; empty when nothing is published."""
    row = connection.execute(_IN_FORCE).fetchone()
    return f"publication {row[0]} of {row[2]:%Y-%m-%d %H:%M} (run {row[1]})" if row else ""


def digest_of(connection: psycopg.Connection, schema: str, mart: str, only: Collection[str] | None = None) -> Any:
    """{rows, columns, sum, postgres} of a mart's table, over those columns or all; None where table or column lacks.

    `columns` holds the type of each column, by its name.
    """
    found = shape_of(connection, schema, mart)
    if not found or not set(only or ()) <= set(found.columns):
        return None
    types = found.columns if only is None else {name: found.columns[name] for name in only}
    return digest(connection, found.relation, types)


def digest(connection: psycopg.Connection, relation: sql.Composable, types: Mapping[str, str]) -> Any:
    """{rows, columns, sum, postgres} of a relation, a table or a select, over the columns of these types."""
    columns = sorted(types)
    parts = [
        sql.SQL("{}" if types[name].split("(")[0] in _HASHED else "{}::text").format(sql.Identifier(name))
        for name in columns
    ]
    query = sql.SQL("select count(*), coalesce(sum(hash_record_extended(row({}), 0)), 0)::text from {} as t")
    row: Any = connection.execute(query.format(sql.SQL(", ").join(parts), relation)).fetchone()
    postgres = connection.info.server_version // 10_000  # another major version may hash differently
    return {"rows": row[0], "columns": {name: types[name] for name in columns}, "sum": row[1], "postgres": postgres}


def compare_published(connection: psycopg.Connection) -> list[MartComparison]:
    """Every mart of the publication in force; in the caller's transaction."""
    current = in_force(connection)
    if current is None:
        return []
    publication, run_id = current
    repair = "`weir build`, `weir check marts` and `weir publish` put that right"
    build = evidence.last_build(connection)
    if build and build.run_id == run_id:
        repair = "`weir publish` puts that right"
    query = "select mart, rows, digest from ops.publication_tables where publication_id = %s order by mart"
    checks = []
    for label, rows, left in connection.execute(query, [publication]).fetchall():
        mart = labelled(label)
        there = digest_of(connection, mart.schema, mart.name, left["columns"] if left else None)
        now = there["rows"] if there else None
        fault = ""
        if there is None:
            fault = f"{mart.place} or a column of it is gone since publication {publication}: {repair}"
        elif now != rows or (left and left["postgres"] == there["postgres"] and left["sum"] != there["sum"]):
            counts = f"{now:,} rows, {rows:,} published" if now != rows else f"of its {rows:,} rows some were changed"
            fault = f"{mart.place} is not as publication {publication} left it ({counts}): {repair}"
        checks.append(MartComparison(label, publication, rows, now, fault))
    return checks


def keep_digest(connection: psycopg.Connection, publication: int, mart: Mart, columns: Collection[str]) -> Any:
    """Record the digest by which `compare_published` judges the mart, in the publication's transaction; returns it."""
    left = digest_of(connection, mart.schema, mart.name, columns)
    connection.execute(
        "update ops.publication_tables set digest = %s where publication_id = %s and mart = %s",
        [json.dumps(left), publication, mart.label],
    )
    return left


def keep_missing_digests(connection: psycopg.Connection) -> None:
    """Record digest and number of rows of the marts in force that have no digest, for a person was erased in them."""
    current = in_force(connection)
    query = "select mart from ops.publication_tables where publication_id = %s and digest is null"
    for (label,) in connection.execute(query, [current[0]]).fetchall() if current else ():
        mart = labelled(label)
        there = shape_of(connection, mart.schema, mart.name)
        if current and there:
            left = keep_digest(connection, current[0], mart, there.columns)
            connection.execute(
                "update ops.publication_tables set rows = %s where publication_id = %s and mart = %s",
                [left["rows"], current[0], label],
            )
