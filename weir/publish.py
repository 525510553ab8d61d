"""Publication: what readers see becomes the set that was built and tested, all marts in one transaction.

In: `analytics_next` (built by dbt, judged by the gate). Out: `analytics`, where stable tables take over the rows that
differ; `ops.publications`; undo rows. Readers never wait and never see a part: the merge is DELETE, UPDATE and INSERT
only (TRUNCATE or a swapped table reads as empty in an older snapshot).
Alone: `weir publish`, `weir publish --roll-back`.
"""

import graphlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

from weir import merge, not_null, published, reshape, undo, warehouse
from weir.marts import NEXT, PUBLISHED, Mart, marts, shape
from weir.settings import WeirError
from weir.tested import refuse_untested

PART = "only a part was built"  # how the sentence of a build with --select begins
_LOCK_WAIT = "10s"  # for other writers; readers are never in the way


@dataclass(frozen=True)
class Change:
    """What a publication did to a mart, in rows; `rows` is how many it has afterwards, None when it was dropped."""

    mart: str
    inserted: int
    updated: int
    deleted: int
    rows: int | None


def publish(
    run_id: str, as_of: datetime, accept: Collection[str] = (), found: Sequence[Mart] | None = None
) -> list[Change]:
    """Merge the rows that differ from analytics_next into analytics. A second publisher waits for the first.

    `accept` names what may be lost: `mart.column` dropped or retyped, `mart` dropped.
    Raises WeirError when the set was not built, tested and passed by the gate in this run; nothing is changed then.
    """
    chosen = marts() if found is None else found
    with _publisher() as connection:
        _refuse_part(connection)
        refuse_untested(connection, run_id)
        gone = reshape.vanished(connection, chosen)
        plans = reshape.plans(connection, chosen)
        reshape.refuse_losses(plans, gone, accept)
        reshape.before(connection, plans)
        for plan in plans:
            not_null.relax(connection, plan)
        with connection.transaction():
            changes, publication = _merge_all(connection, plans, run_id, as_of)
            for name in gone:
                undo.mark(connection, publication, name, "shape")
        dropped = [Change(name, 0, 0, _rows(connection, Mart(name)), None) for name in gone]
        reshape.after(connection, plans, gone)
        for plan in plans:
            not_null.tighten(connection, plan)
        _afterwards(connection, changes)
    return changes + dropped


def roll_back(found: Sequence[Mart] | None = None) -> tuple[int, list[Change]]:
    """Return to the set before the newest publication that changed something; returns its number and what moved.

    Raises WeirError when there is none whose undo is kept, when it is the first one in force (readers would see empty
    marts), or when it dropped or retyped a column.
    """
    with _publisher() as connection:
        publication, kept = _newest_undo(connection)
        not_null.relax_for_undo(connection, publication, kept)
        known = {mart.name: mart for mart in (marts() if found is None else found)}
        changed = _parents_first(connection, [known.get(name) or Mart(name) for name in kept])
        with connection.transaction():
            undo.settings(connection)
            _lock(connection, PUBLISHED, changed)
            gone = {mart.name: undo.take_out(connection, publication, mart) for mart in reversed(changed)}
            changes = []
            for mart in changed:
                back, updated = undo.put_back(connection, publication, mart)
                changes.append(Change(mart.name, back, updated, gone[mart.name], _rows(connection, mart)))
            # Later ones changed nothing, so they showed the same set: they are no longer in force either.
            connection.execute(
                "update ops.publications set rolled_back_at = clock_timestamp() "
                "where publication_id >= %s and rolled_back_at is null",
                [publication],
            )
            connection.execute("delete from undo.rows where publication_id = %s", [publication])
    return publication, changes


def reset_incremental(found: Sequence[Mart] | None = None) -> list[Change]:
    """Before a build: give the incremental marts of analytics_next the published rows again.

    After a failed gate they still hold the bad rows; other marts are made anew by every build.
    """
    chosen = [mart for mart in (marts() if found is None else found) if mart.incremental]
    changes = []
    with _publisher() as connection:
        for mart in chosen:
            with connection.transaction():
                old, new = (shape(connection, schema, mart.name) for schema in (PUBLISHED, NEXT))
                if not old or not new:
                    continue
                _lock(connection, NEXT, [mart])
                columns = tuple(name for name in new.columns if name in old.columns)
                difference = merge.find(connection, mart, old.relation, new.relation, columns)
                merge.delete(connection, difference)
                merge.update_and_insert(connection, difference)
                changes.append(_change(difference))
    return changes


def _newest_undo(connection: psycopg.Connection) -> tuple[int, list[str]]:
    """The newest publication that changed something, and which marts. Raises WeirError where it can't be taken back."""
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
        if "shape" in operations:
            raise WeirError(
                f"publication {publication} dropped or retyped a part of {name} (--accept), so it can't be "
                "rolled back; publish a good set instead"
            )
    return publication, list(kept)


def _refuse_part(connection: psycopg.Connection) -> None:
    """Raises WeirError when the newest build made a part of the set; nothing failed then."""
    query = "select passed, coalesce(sentence, '') from ops.gates where gate = 'build' order by checked_at desc limit 1"
    row = connection.execute(query).fetchone()
    if row and not row[0] and row[1].startswith(PART):
        raise WeirError(f"nothing is published, for {row[1]}: `weir build` builds the whole set")


def _refuse_first(connection: psycopg.Connection, publication: int) -> None:
    """Raises WeirError when no publication before this one is in force."""
    query = (
        "select exists (select from ops.publications join ops.publication_tables using (publication_id) "
        "where publication_id < %s and rolled_back_at is null)"
    )
    row = connection.execute(query, [publication]).fetchone()
    if not row or not row[0]:
        raise WeirError(f"publication {publication} is the first one: there is no set before it to return to")


@contextmanager
def _publisher() -> Iterator[psycopg.Connection]:
    """A connection on which one publisher at a time works; faults of the database come out as one line."""
    with warehouse.connect(autocommit=True) as connection:
        # A publisher that was killed must not hold the lock until its last statement ends.
        connection.execute("set client_connection_check_interval = '2s'; set lock_timeout = 0; set work_mem = '64MB'")
        connection.execute("select pg_advisory_lock(hashtext('weir publish'))")
        try:
            yield connection
        except psycopg.Error as fault:
            text = " ".join(str(fault).split())
            raise WeirError(f"nothing was changed, for the warehouse refused it: {text}") from fault


def _merge_all(
    connection: psycopg.Connection, plans: Sequence[reshape.Plan], run_id: str, as_of: datetime
) -> tuple[list[Change], int]:
    """All marts, in the caller's transaction: compare, keep undo, delete, update, insert, write down what was done."""
    undo.settings(connection)
    by_name = {plan.mart.name: plan for plan in plans}
    for plan in plans:
        if plan.published is None:
            reshape.create(connection, plan)
    ordered = _parents_first(connection, [plan.mart for plan in plans])
    _lock(connection, PUBLISHED, ordered)
    _lock(connection, NEXT, ordered, "share")
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
        reshape.within(connection, plan)
    changes = sorted((_change(difference) for difference in differences), key=lambda change: change.mart)
    for change in changes:
        connection.execute(
            "insert into ops.publication_tables (publication_id, mart, inserted, updated, deleted, rows) "
            "values (%s, %s, %s, %s, %s, %s)",
            [row[0], change.mart, change.inserted, change.updated, change.deleted, change.rows],
        )
        published.keep(connection, row[0], change.mart, by_name[change.mart].built.columns)
    return changes, int(row[0])


def _rows(connection: psycopg.Connection, mart: Mart) -> int:
    row = connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(PUBLISHED, mart.name))).fetchone()
    return int(row[0]) if row else 0


def _change(found: merge.Difference) -> Change:
    return Change(found.mart.name, found.inserted, found.updated, found.deleted, found.rows)


def _lock(
    connection: psycopg.Connection, schema: str, found: Sequence[Mart], mode: str = "share row exclusive"
) -> None:
    """Keep other writers (and dbt) off the tables until the transaction ends; readers are not held up."""
    if not found:
        return
    names = sql.SQL(", ").join(sql.Identifier(schema, mart.name) for mart in sorted(found, key=lambda m: m.name))
    connection.execute(f"set local lock_timeout = '{_LOCK_WAIT}'")
    try:
        connection.execute(sql.SQL("lock table {} in {} mode").format(names, sql.SQL(mode)))
    except psycopg.errors.LockNotAvailable:
        raise WeirError(
            f"somebody is writing to {schema} (a build, or a transaction left open; pg_stat_activity shows it): "
            "nothing was published; try again when it has ended"
        ) from None


def _parents_first(connection: psycopg.Connection, found: Sequence[Mart]) -> list[Mart]:
    """The marts in an order that foreign keys between them allow: what is referred to comes first."""
    rows = connection.execute(
        "select c.relname, p.relname from pg_constraint f join pg_class c on c.oid = f.conrelid "
        "join pg_class p on p.oid = f.confrelid where f.contype = 'f' "
        "and c.relnamespace = to_regnamespace(%s) and p.relnamespace = c.relnamespace and c.oid <> p.oid",
        [PUBLISHED],
    ).fetchall()
    known = {mart.name: mart for mart in found}
    parents = {name: {parent for child, parent in rows if child == name and parent in known} for name in known}
    try:
        return [known[name] for name in graphlib.TopologicalSorter(parents).static_order()]
    except graphlib.CycleError:  # deferrable keys may go round in a circle; any order does
        return list(found)


def _afterwards(connection: psycopg.Connection, changes: Sequence[Change]) -> None:
    """Fresh statistics for what changed, and undo that is too old forgotten; neither can spoil what is published."""
    for change in changes:
        if change.inserted or change.updated or change.deleted:
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(PUBLISHED, change.mart)))
    undo.prune(connection)
