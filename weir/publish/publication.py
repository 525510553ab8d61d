"""Publication: readers get the set that was built and tested, all marts in one transaction.

In: `analytics_next` (built by dbt, judged by the gate). Out: `analytics`, where stable tables take over the rows that
differ, personal columns masked; `analytics_private`, where these stand in clear; `ops.publications`; undo rows. Readers
never wait and never see a part: the merge is DELETE, UPDATE and INSERT only (TRUNCATE or a swapped table reads as empty
in an older snapshot).
Alone: `weir publish`; rollback.py takes it back.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from weir import warehouse
from weir.core.causes import Cause
from weir.core.errors import WeirError, caused
from weir.project.marts import NEXT, PUBLISHED, Mart, labelled, marts
from weir.publish import grain, key, locks, mask, merge, not_null, parts, rows, seal, shape, statistics, undo
from weir.publish.changes import Change, change_of, count_rows
from weir.publish.digests import digest
from weir.publish.evidence import judged
from weir.publish.scope import Scope, scope_of
from weir.publish.shape import Reshape
from weir.publish.verify import digests_of, in_force, keep_digest, set_digest
from weir.warehouse.catalog import shape_of


@caused(Cause.PUBLICATION_REFUSED)
def publish_set(
    run_id: str,
    as_of: datetime,
    accept: Collection[str] = (),
    found: Sequence[Mart] | None = None,
    rotate_key: bool = False,
    whole: bool = True,
) -> list[Change]:
    """Merge the rows that differ from analytics_next into analytics. A second publisher waits for the first.

    `accept` names what may be lost: `mart.column` dropped or retyped, `mart` dropped. `rotate_key` masks everything
    with a new key. Unless `whole`, only what can have changed since the publication in force is compared.
    Raises WeirError when the set was not built, tested and passed by the gate in this run, or was changed since the
    gate judged it; nothing is changed then.
    """
    chosen = marts() if found is None else found
    used = _key(chosen, rotate_key)
    with locks.alone(used.options if used else "") as connection:
        digests = judged(connection, run_id)
        plans = shape.plans(connection, chosen)
        gone = shape.vanished(connection, plans)
        for mart in chosen:
            built = next(plan.built for plan in plans if plan.mart is mart)
            _refuse_changed(mart, digests, "columns", built.columns)
        shape.refuse_losses(plans, gone, accept)
        shape.before(connection, plans)
        for plan in plans:
            not_null.relax(connection, plan)
            if plan.published:
                rows.apply(connection, plan)
        with _told_of_edits(whole), connection.transaction():
            changes, publication, sealed = _merge_all(connection, plans, run_id, as_of, digests, used, whole)
            for mart in gone:
                undo.mark(connection, publication, mart.label, "shape")
        if used and rotate_key:
            key.adopt(used)
        dropped = [Change(mart.label, 0, 0, count_rows(connection, mart), None) for mart in gone]
        shape.after(connection, plans, gone)
        for plan in plans:
            not_null.tighten(connection, plan)
        statistics.refresh(connection, changes, sealed)
        undo.prune(connection)
    return [change for change in changes + dropped if labelled(change.mart).schema == PUBLISHED]


def reset_incremental(found: Sequence[Mart] | None = None) -> None:
    """Before a build: give the incremental marts of analytics_next the published rows again.

    After a failed gate they still hold the bad rows; other marts are made anew by every build.
    """
    chosen = [mart for mart in (marts() if found is None else found) if mart.incremental]
    with locks.alone() as connection:
        for mart in chosen:
            with connection.transaction():
                old, new = (shape_of(connection, schema, mart.name) for schema in (PUBLISHED, NEXT))
                if not old or not new:
                    continue
                locks.lock(connection, [mart], NEXT)
                columns = tuple(name for name in new.columns if name in old.columns)
                clear = mask.unmasked(mart, columns)
                grain.check(connection, mart, clear, proven=False)
                difference = merge.find(connection, mart, clear, new.relation, columns)
                merge.delete(connection, difference)
                merge.update_and_insert(connection, difference)


def _key(chosen: Sequence[Mart], rotate: bool) -> key.Key | None:
    """The key to mask with; None where nothing is personal. Raises WeirError."""
    if not any(mart.personal for mart in chosen):
        if rotate:
            raise WeirError(
                "no mart has a column that is masked, so there is no key to rotate (meta: {pii: …} marks one)"
            )
        return None
    if rotate:
        return key.rotated()
    with warehouse.connect() as connection:
        return key.current(connection)


@contextmanager
def _told_of_edits(whole: bool) -> Iterator[None]:
    """Say what to do where a row that somebody put into a batch that is not compared has the key of a new one."""
    try:
        yield
    except psycopg.errors.UniqueViolation as fault:
        if whole:
            raise
        raise WeirError(
            f"nothing is published, for somebody put rows into {PUBLISHED}.{fault.diag.table_name} by hand, with keys "
            "that new rows have: `weir publish` compares every row and puts that right"
        ) from None


def _refuse_changed(mart: Mart, digests: Mapping[str, Any], fact: str, found: Any) -> None:
    """Raises WeirError where a fact of the mart's digest (columns, rows, sum) is not what the gate judged."""
    if (digests.get(mart.name) or {}).get(fact) != found:
        full = " --full-refresh" if mart.event_time else ""  # a build leaves batches alone whose inputs did not change
        raise WeirError(
            f"nothing is published, for {NEXT}.{mart.name} was changed after the gate judged it: "
            f"`weir build{full}`, `weir check marts` and `weir publish` make, judge and publish the set anew"
        )


def _merge_all(
    connection: psycopg.Connection,
    plans: Sequence[Reshape],
    run_id: str,
    as_of: datetime,
    digests: Mapping[str, Any],
    used: key.Key | None,
    whole: bool,
) -> tuple[list[Change], int, set[str]]:
    """All marts, in the caller's transaction: compare, keep undo, delete, update, insert, write down what was done.

    Returns the changes, the publication's number, and the tables whose values before it may not come back.
    Raises WeirError when a mart is then not the one of `digests`: it was changed after the gate judged it.
    """
    undo.settings(connection)
    by_label = {plan.mart.label: plan for plan in plans}
    for plan in plans:
        if plan.published is None:
            shape.create(connection, plan)
            rows.apply(connection, plan, at_once=True)
    ordered = locks.parents_first(connection, [plan.mart for plan in plans])
    locks.lock(connection, ordered)
    locks.lock(connection, ordered, NEXT, "share")
    sealed = seal.newly_masked(connection, ordered, used)
    current = None if whole else in_force(connection)
    before = digests_of(connection, current[0]) if current else {}
    row = connection.execute(
        "insert into ops.publications (run_id, as_of, mask_key) values (%s, %s, %s) returning publication_id",
        [run_id, as_of, used.id if used else None],
    ).fetchone()
    assert row
    differences, scopes = [], {}
    for mart in ordered:
        plan = by_label[mart.label]
        scope = scopes[mart.label] = scope_of(connection, plan, digests[mart.name], before.get(mart.label))
        difference = _find(connection, plan, scope)
        if mart.label in sealed:
            undo.mark(connection, row[0], mart.label, "masked")
        else:
            undo.keep(connection, row[0], difference)
        if plan.losing:
            undo.mark(connection, row[0], mart.label, "shape")
        differences.append(difference)
    for difference in reversed(differences):
        merge.delete(connection, difference)
    for difference in differences:
        merge.update_and_insert(connection, difference)
    for plan in plans:
        shape.within(connection, plan)
    if sealed:
        undo.drop_before(connection, row[0])
    changes = [change_of(each, digests[each.mart.name]["rows"]) for each in differences]
    changes.sort(key=lambda change: change.mart)
    for change in changes:
        plan, scope = by_label[change.mart], scopes[change.mart]
        connection.execute(
            "insert into ops.publication_tables (publication_id, mart, inserted, updated, deleted, rows, masked) "
            "values (%s, %s, %s, %s, %s, %s, %s)",
            [row[0], change.mart, change.inserted, change.updated, change.deleted, change.rows, seal.masks(plan.mart)],
        )
        if scope.left:
            set_digest(connection, row[0], plan.mart, scope.left)
        else:
            step = parts.step_of(connection, plan.mart)
            left = keep_digest(connection, row[0], plan.mart, plan.built.columns, scope, step)
            _check_merged(connection, plan, left, digests)
    return changes, int(row[0]), sealed


def _find(connection: psycopg.Connection, plan: Reshape, scope: Scope) -> merge.Difference:
    """Check the grain and compare, as far as the scope asks for it."""
    mart, target = plan.mart, sql.Identifier(plan.mart.schema, plan.mart.name)
    columns = tuple(plan.built.columns)
    if scope.left:
        return merge.nothing(mart, plan.source, target, columns)
    proven = grain.is_proven(connection, mart)
    where, checked = scope.rows_of_grain(mart, proven), plan.source
    if where:
        checked = sql.SQL("(select * from {} as t where {})").format(plan.source, where)
    not_null = plan.built.not_null >= set(mart.grain)
    grain.check(connection, mart, checked, proven=proven, not_null=not_null)
    return merge.find(connection, mart, plan.source, target, columns, scope.where)


def _check_merged(connection: psycopg.Connection, plan: Reshape, left: Any, digests: Mapping[str, Any]) -> None:
    """Raises WeirError unless the table holds what the gate judged, masked or in part where it is published so."""
    judged_now = left
    if plan.mart.personal:
        if left != digest(connection, plan.source, plan.built.columns):
            raise WeirError(f"nothing is published: {plan.mart.place} is not what was to be merged; publish again")
        if plan.mart.schema != PUBLISHED:
            return
        types = digests[plan.mart.name]["columns"]
        judged_now = digest(connection, sql.Identifier(NEXT, plan.mart.name), types)
    for fact in ("rows", "sum"):
        _refuse_changed(plan.mart, digests, fact, judged_now[fact])
