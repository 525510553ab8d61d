"""Publication: readers get the set that was built and tested, all marts in one transaction.

In: `analytics_next` (built by dbt, judged by the gate). Out: `analytics`, where stable tables take over the rows that
differ; `ops.publications`; undo rows. Readers never wait and never see a part: the merge is DELETE, UPDATE and INSERT
only (TRUNCATE or a swapped table reads as empty in an older snapshot).
Alone: `weir publish`; rollback.py takes it back.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from weir.core.errors import WeirError
from weir.project.marts import NEXT, PUBLISHED, Mart, marts
from weir.publish import locks, merge, not_null, shape, undo
from weir.publish.changes import Change, change_of, count_rows
from weir.publish.evidence import judged
from weir.publish.shape import Reshape
from weir.publish.verify import keep_digest
from weir.warehouse.catalog import shape_of


def publish_set(
    run_id: str, as_of: datetime, accept: Collection[str] = (), found: Sequence[Mart] | None = None
) -> list[Change]:
    """Merge the rows that differ from analytics_next into analytics. A second publisher waits for the first.

    `accept` names what may be lost: `mart.column` dropped or retyped, `mart` dropped.
    Raises WeirError when the set was not built, tested and passed by the gate in this run, or was changed since the
    gate judged it; nothing is changed then.
    """
    chosen = marts() if found is None else found
    with locks.alone() as connection:
        digests = judged(connection, run_id)
        gone = shape.vanished(connection, chosen)
        plans = shape.plans(connection, chosen)
        for plan in plans:
            _refuse_changed(plan.mart, digests, "columns", plan.built.columns)
        shape.refuse_losses(plans, gone, accept)
        shape.before(connection, plans)
        for plan in plans:
            not_null.relax(connection, plan)
        with connection.transaction():
            changes, publication = _merge_all(connection, plans, run_id, as_of, digests)
            for name in gone:
                undo.mark(connection, publication, name, "shape")
        dropped = [Change(name, 0, 0, count_rows(connection, Mart(name)), None) for name in gone]
        shape.after(connection, plans, gone)
        for plan in plans:
            not_null.tighten(connection, plan)
        _afterwards(connection, changes)
    return changes + dropped


def reset_incremental(found: Sequence[Mart] | None = None) -> list[Change]:
    """Before a build: give the incremental marts of analytics_next the published rows again.

    After a failed gate they still hold the bad rows; other marts are made anew by every build.
    """
    chosen = [mart for mart in (marts() if found is None else found) if mart.incremental]
    changes = []
    with locks.alone() as connection:
        for mart in chosen:
            with connection.transaction():
                old, new = (shape_of(connection, schema, mart.name) for schema in (PUBLISHED, NEXT))
                if not old or not new:
                    continue
                locks.lock(connection, NEXT, [mart])
                columns = tuple(name for name in new.columns if name in old.columns)
                difference = merge.find(connection, mart, old.relation, new.relation, columns)
                merge.delete(connection, difference)
                merge.update_and_insert(connection, difference)
                changes.append(change_of(difference))
    return changes


def _refuse_changed(mart: Mart, digests: Mapping[str, Any], fact: str, found: Any) -> None:
    """Raises WeirError where a fact of the mart's digest (columns, rows, sum) is not what the gate judged."""
    if (digests.get(mart.name) or {}).get(fact) != found:
        raise WeirError(
            f"nothing is published, for {NEXT}.{mart.name} was changed after the gate judged it: "
            "`weir build`, `weir check marts` and `weir publish` make, judge and publish the set anew"
        )


def _merge_all(
    connection: psycopg.Connection,
    plans: Sequence[Reshape],
    run_id: str,
    as_of: datetime,
    digests: Mapping[str, Any],
) -> tuple[list[Change], int]:
    """All marts, in the caller's transaction: compare, keep undo, delete, update, insert, write down what was done.

    Raises WeirError when a mart is then not the one of `digests`: it was changed after the gate judged it.
    """
    undo.settings(connection)
    by_name = {plan.mart.name: plan for plan in plans}
    for plan in plans:
        if plan.published is None:
            shape.create(connection, plan)
    ordered = locks.parents_first(connection, [plan.mart for plan in plans])
    locks.lock(connection, PUBLISHED, ordered)
    locks.lock(connection, NEXT, ordered, "share")
    row = connection.execute(
        "insert into ops.publications (run_id, as_of) values (%s, %s) returning publication_id", [run_id, as_of]
    ).fetchone()
    assert row
    differences = []
    for mart in ordered:
        plan = by_name[mart.name]
        target = sql.Identifier(PUBLISHED, mart.name)
        difference = merge.find(connection, mart, plan.built.relation, target, tuple(plan.built.columns))
        undo.keep(connection, row[0], difference)
        if plan.losing:
            undo.mark(connection, row[0], mart.name, "shape")
        differences.append(difference)
    for difference in reversed(differences):
        merge.delete(connection, difference)
    for difference in differences:
        merge.update_and_insert(connection, difference)
    for plan in plans:
        shape.within(connection, plan)
    changes = sorted((change_of(difference) for difference in differences), key=lambda change: change.mart)
    for change in changes:
        connection.execute(
            "insert into ops.publication_tables (publication_id, mart, inserted, updated, deleted, rows) "
            "values (%s, %s, %s, %s, %s, %s)",
            [row[0], change.mart, change.inserted, change.updated, change.deleted, change.rows],
        )
        left = keep_digest(connection, row[0], change.mart, by_name[change.mart].built.columns)
        for fact in ("rows", "sum"):
            _refuse_changed(by_name[change.mart].mart, digests, fact, left[fact])
    return changes, int(row[0])


def _afterwards(connection: psycopg.Connection, changes: Sequence[Change]) -> None:
    """Refresh the statistics of changed marts and delete old undo rows, after the publication is committed."""
    for change in changes:
        if change.inserted or change.updated or change.deleted:
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(PUBLISHED, change.mart)))
    undo.prune(connection)
