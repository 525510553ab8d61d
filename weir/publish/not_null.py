"""`not null` of a contract, carried from the built table to the published one by steps that hold nobody up.

In: the plans of a publication. Out: columns that may, or may no longer, be NULL. What a publication could not tighten,
because a long transaction holds the table, the next one does.
"""

from collections.abc import Collection

import psycopg
from psycopg import sql

from weir.core.errors import WeirError
from weir.project.marts import PUBLISHED
from weir.publish.shape import Plan, briefly
from weir.warehouse.catalog import shape

_CHECK = sql.Identifier("weir_not_null")
_TRIES = 5


def relax(connection: psycopg.Connection, plan: Plan) -> None:
    """Before the merge: let columns be NULL where the built table does, or lacks them. Raises WeirError."""
    if plan.published:
        _drop(connection, plan.mart.name, plan.published.not_null - plan.built.not_null)


def tighten(connection: psycopg.Connection, plan: Plan) -> None:
    """After the merge: forbid NULL where the built table does, without a scan under a lock that readers wait for."""
    name, now = plan.mart.name, shape(connection, PUBLISHED, plan.mart.name)
    columns = sorted(plan.built.not_null - now.not_null) if now else []
    if not columns:
        return
    table = sql.SQL("alter table {} ").format(sql.Identifier(PUBLISHED, name))
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
            briefly(connection, name, table + statement, tries=_TRIES)
    except WeirError:
        pass  # what is published is whole without it


def relax_for_undo(connection: psycopg.Connection, publication: int, marts: Collection[str]) -> None:
    """Before a roll-back: let columns be NULL again that are so in the rows it puts back. Raises WeirError."""
    for name in marts:
        now = shape(connection, PUBLISHED, name)
        kept = "select from undo.rows where publication_id = %s and mart = %s and op <> 'insert' and row ->> %s is null"
        voids = {
            column
            for column in (now.not_null if now else ())
            if connection.execute(f"select exists ({kept})", [publication, name, column]).fetchone() == (True,)
        }
        _drop(connection, name, voids)


def _drop(connection: psycopg.Connection, name: str, columns: Collection[str]) -> None:
    if columns:
        acts = sql.SQL(", ").join(sql.SQL("alter {} drop not null").format(sql.Identifier(c)) for c in sorted(columns))
        briefly(connection, name, sql.SQL("alter table {} ").format(sql.Identifier(PUBLISHED, name)) + acts)
