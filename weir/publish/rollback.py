"""Rolls back the newest publication: readers see the marts as they were before it.

In: `ops.publications`, undo rows. Out: `analytics` as it was, all marts in one transaction.
Alone: `weir publish --roll-back`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import psycopg

from weir.core.errors import WeirError
from weir.project.marts import PUBLISHED, Mart, labelled, marts
from weir.publish import locks, not_null, undo
from weir.publish.changes import Change, count_rows
from weir.publish.verify import keep_missing_digests, return_batches


def roll_back(found: Sequence[Mart] | None = None) -> tuple[int, list[Change]]:
    """Roll back the newest publication that changed a row; returns its number and the changed rows of each mart.

    Raises WeirError when no such publication has its undo rows kept, when no publication before it is in force (readers
    would see empty marts), or when it dropped or retyped a column.
    """
    with locks.alone() as connection:
        publication, kept = _newest_undo(connection)
        not_null.relax_for_undo(connection, publication, kept)
        known = {mart.name: mart for mart in (marts() if found is None else found)}
        changed = locks.parents_first(connection, [_known(label, known) for label in kept])
        with connection.transaction():
            undo.settings(connection)
            locks.lock(connection, changed)
            gone = {mart.label: undo.take_out(connection, publication, mart) for mart in reversed(changed)}
            changes = []
            for mart in changed:
                back, updated = undo.put_back(connection, publication, mart)
                changes.append(Change(mart.label, back, updated, gone[mart.label], count_rows(connection, mart)))
            # Later publications changed no row and showed the same set: they are rolled back with this one.
            connection.execute(
                "update ops.publications set rolled_back_at = clock_timestamp() "
                "where publication_id >= %s and rolled_back_at is null",
                [publication],
            )
            keep_missing_digests(connection)
            return_batches(connection, publication, kept)
            connection.execute("delete from undo.rows where publication_id = %s", [publication])
    return publication, [change for change in changes if labelled(change.mart).schema == PUBLISHED]


def _known(label: str, known: Mapping[str, Mart]) -> Mart:
    """The table of a label, with the grain of its mart."""
    table = labelled(label)
    mart = known.get(table.name)
    return replace(mart, schema=table.schema) if mart else table


def _newest_undo(connection: psycopg.Connection) -> tuple[int, list[str]]:
    """The newest publication that changed a row, and its marts. Raises WeirError when it can't be rolled back."""
    row = connection.execute(
        "select max(publication_id) from ops.publications join undo.rows using (publication_id) "
        "where rolled_back_at is null"
    ).fetchone()
    if not row or row[0] is None:
        raise WeirError("there is nothing to roll back: no publication whose undo is kept changed a row")
    publication = int(row[0])
    _refuse_first(connection, publication)
    query = "select mart, array_agg(distinct op) from undo.rows where publication_id = %s group by mart"
    kept: dict[str, list[str]] = dict(connection.execute(query, [publication]).fetchall())
    for name, operations in kept.items():
        if "masked" in operations:
            raise WeirError(
                f"publication {publication} masked personal data that stood in {name} otherwise before it, so it can't "
                "be rolled back; publish a good set instead"
            )
        if "shape" in operations:
            raise WeirError(
                f"publication {publication} dropped or retyped a part of {name} (--accept), so it can't be "
                "rolled back; publish a good set instead"
            )
    return publication, list(kept)


def _refuse_first(connection: psycopg.Connection, publication: int) -> None:
    """Raise WeirError when no publication before this one is in force."""
    query = (
        "select exists (select from ops.publications join ops.publication_tables using (publication_id) "
        "where publication_id < %s and rolled_back_at is null)"
    )
    row = connection.execute(query, [publication]).fetchone()
    if not row or not row[0]:
        raise WeirError(f"publication {publication} is the first one: there is no set before it to return to")
