"""Carries `not null` from the built table to the published one, by statements that keep no reader waiting.

In: the plans of a publication. Out: published columns that may be NULL, or may no longer be. Where a long transaction
holds the table, the column stays nullable, and the next publication tries again.
"""

from collections.abc import Collection

import psycopg
from psycopg import sql

from weir.core.errors import WeirError
from weir.project.marts import Mart, labelled
from weir.publish.shape import Reshape, briefly
from weir.warehouse.catalog import shape_of

_CHECK = sql.Identifier("weir_not_null")
_TRIES = 5


def relax(connection: psycopg.Connection, plan: Reshape) -> None:
    """Drop `not null`, before the merge, where the built column has none or is gone. Raises WeirError."""
    if plan.published:
        _drop(connection, plan.mart, plan.published.not_null - plan.built.not_null)


def tighten(connection: psycopg.Connection, plan: Reshape) -> None:
    """Set `not null`, after the merge, where the built column has it; readers can read while the rows are checked."""
    mart = plan.mart
    now = shape_of(connection, mart.schema, mart.name)
    columns = sorted(plan.built.not_null - now.not_null) if now else []
    if not columns:
        return
    table = sql.SQL("alter table {} ").format(sql.Identifier(mart.schema, mart.name))
    test = sql.SQL(" and ").join(sql.SQL("{} is not null").format(sql.Identifier(column)) for column in columns)
    steps = [
        sql.SQL("drop constraint if exists {check}, add constraint {check} check ({test}) not valid"),
        sql.SQL("validate constraint {check}"),  # the scan: under a lock that lets readers read
        sql.SQL(", ").join(sql.SQL("alter {} set not null").format(sql.Identifier(column)) for column in columns),
        sql.SQL("drop constraint {check}"),
    ]
    try:
        for step in steps:
            statement = step.format(check=_CHECK, test=test) if isinstance(step, sql.SQL) else step
            briefly(connection, mart, table + statement, tries=_TRIES)
    except WeirError:
        pass  # the publication is complete without it


def relax_for_undo(connection: psycopg.Connection, publication: int, marts: Collection[str]) -> None:
    """Drop `not null`, before a roll-back, of the columns that are NULL in a row it restores. Raises WeirError."""
    for label in marts:
        mart = labelled(label)
        now = shape_of(connection, mart.schema, mart.name)
        kept = "select from undo.rows where publication_id = %s and mart = %s and op <> 'insert' and row ->> %s is null"
        voids = {
            column
            for column in (now.not_null if now else ())
            if connection.execute(f"select exists ({kept})", [publication, label, column]).fetchone() == (True,)
        }
        _drop(connection, mart, voids)


def _drop(connection: psycopg.Connection, mart: Mart, columns: Collection[str]) -> None:
    if columns:
        acts = sql.SQL(", ").join(sql.SQL("alter {} drop not null").format(sql.Identifier(c)) for c in sorted(columns))
        table = sql.SQL("alter table {} ").format(sql.Identifier(mart.schema, mart.name))
        briefly(connection, mart, table + acts)
