"""Compares each published mart with the digest that its publication recorded.

In: `ops.publication_tables` of the publication in force, `analytics`. Out: a `MartComparison` per mart.
The digest is a sum of PostgreSQL's own hash of each row: a tenth of the time that comparing two tables takes.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from weir.project.marts import Mart, labelled
from weir.publish import batches, evidence
from weir.publish.digests import are_alike, digest_of, stated
from weir.publish.scope import WHOLE, Scope
from weir.warehouse.catalog import shape_of

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
        elif now != rows or (left and are_alike(left, there) and left["sum"] != there["sum"]):
            counts = f"{now:,} rows, {rows:,} published" if now != rows else f"of its {rows:,} rows some were changed"
            counts += _changed_batches(connection, label, left)
            fault = f"{mart.place} is not as publication {publication} left it ({counts}): {repair}"
        checks.append(MartComparison(label, publication, rows, now, fault))
    return checks


def keep_digest(
    connection: psycopg.Connection,
    publication: int,
    mart: Mart,
    columns: Collection[str],
    scope: Scope = WHOLE,
    step: Mapping[str, int | None] | None = None,
) -> Any:
    """Record the digest by which `compare_published` judges the mart, in the publication's transaction; returns it.

    Of a batched mart the batches are written down as well; only what the `scope` compared is read. The `step` of the
    model goes with the digest, where the mart is known to be as that step made it.
    """
    there = shape_of(connection, mart.schema, mart.name)
    types = {name: kind for name, kind in there.columns.items() if name in columns} if there else {}
    if there and mart.event_time and not mart.personal and batches.is_moment(mart, types):
        found = scope.contents(connection, there.relation, types, mart)
        batches.keep(connection, publication, mart, found, scope.changed)
        rows, digest = batches.total(batches.published(connection, mart))
        left = stated(connection, types, rows, digest) | {"batches": batches.frame(mart), **(step or {})}
    else:
        left = digest_of(connection, mart.schema, mart.name, columns)
    set_digest(connection, publication, mart, left)
    return left


def set_digest(connection: psycopg.Connection, publication: int, mart: Mart, left: Any) -> None:
    """Record this digest of the mart, in the publication's transaction."""
    connection.execute(
        "update ops.publication_tables set digest = %s where publication_id = %s and mart = %s",
        [json.dumps(left), publication, mart.label],
    )


def digests_of(connection: psycopg.Connection, publication: int) -> dict[str, Any]:
    """The digest that the publication left of each mart, by label; None where a person was erased in it since."""
    query = "select mart, digest from ops.publication_tables where publication_id = %s"
    return dict(connection.execute(query, [publication]).fetchall())


def return_batches(connection: psycopg.Connection, publication: int, labels: Collection[str]) -> None:
    """After a roll-back of the publication: read the batches that it, or a later one, had changed in these marts anew.

    Where it had other columns or batches than the publication in force, none stays known.
    """
    current = in_force(connection)
    gone = digests_of(connection, publication)
    back = digests_of(connection, current[0]) if current else {}
    for label in labels:
        left, was = back.get(label), gone.get(label)
        if current and left and was and left.get("batches") and _frame(left) == _frame(was):
            mart = _batched(label, left)
            names = list(batches.published(connection, mart, since=publication))
            table = sql.Identifier(mart.schema, mart.name)
            where = batches.within(connection, mart, left["columns"], names)
            found = batches.contents(connection, table, left["columns"], mart, where)
            batches.keep(connection, current[0], mart, found, names)
        else:
            connection.execute("delete from ops.published_batches where mart = %s", [label])


def _changed_batches(connection: psycopg.Connection, label: str, left: Any) -> str:
    """The words that name the batches which are not as they were published, where the mart has batches."""
    if not left or not left.get("batches"):
        return ""
    mart = _batched(label, left)
    there = sql.Identifier(mart.schema, mart.name)
    now = batches.contents(connection, there, left["columns"], mart)
    return batches.told(mart, batches.differing(now, batches.published(connection, mart)))


def _frame(left: Any) -> tuple[Any, Any, Any]:
    return left.get("batches"), left["columns"], (left["postgres"], left.get("form"))


def _batched(label: str, left: Any) -> Mart:
    """The mart of a label, with the batches that its digest tells of."""
    return replace(labelled(label), **left["batches"])


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
