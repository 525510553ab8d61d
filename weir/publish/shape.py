"""What publication changes about a table itself: new tables, columns, indexes, comments, grants.

In: the marts as built and as published. Out: the same shape on both sides, by short statements that wait for no
reader longer than a blink; whatever loses something (a column or mart dropped, a type changed) only when accepted.
"""

import shlex
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from weir.core.errors import WeirError
from weir.project.marts import NEXT, PUBLISHED, Mart
from weir.warehouse.catalog import Shape, shape

_TRIES = 40
_WAIT = "300ms"


@dataclass
class Plan:
    """One mart's way from the published shape to the built one."""

    mart: Mart
    built: Shape
    published: Shape | None
    added: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    retyped: list[str] = field(default_factory=list)

    @property
    def losing(self) -> list[str]:
        """The acts that need a name on the command line, as `mart.column`."""
        return [f"{self.mart.name}.{column}" for column in [*self.dropped, *self.retyped]]

    def loss(self, act: str) -> str:
        """What the act of `losing` does, in words."""
        name = act.removeprefix(self.mart.name + ".")
        old = self.published.columns[name] if self.published else ""
        if name in self.retyped:
            return f"changes its type from {old} to {self.built.columns[name]}"
        return f"is no longer in the model ({old})"


def plans(connection: psycopg.Connection, marts: Sequence[Mart]) -> list[Plan]:
    """Compare the shapes. Raises WeirError for a mart that was not built."""
    return [_plan(connection, mart) for mart in marts]


def vanished(connection: psycopg.Connection, marts: Sequence[Mart]) -> list[str]:
    """Published marts that no model makes any more."""
    rows = connection.execute(
        "select distinct mart from ops.publication_tables where to_regclass(format('%%I.%%I', %s::text, mart)) "
        "is not null and not mart = any(%s) order by mart",
        [PUBLISHED, [mart.name for mart in marts]],
    ).fetchall()
    return [name for (name,) in rows]


def refuse_losses(found: Sequence[Plan], gone: Sequence[str], accept: Collection[str]) -> None:
    """Raises WeirError that names every loss which is not accepted, and the command that accepts them all."""
    losses = {act: plan.loss(act) for plan in found for act in plan.losing}
    losses |= dict.fromkeys(gone, "is published but no model makes it any more")
    open_ = {act: change for act, change in losses.items() if act not in accept}
    if open_:
        told = "; ".join(f"{PUBLISHED}.{act} {change}" for act, change in open_.items())
        names = " ".join(f"--accept {shlex.quote(act)}" for act in losses)
        raise WeirError(
            f"{told}: readers may depend on that, so nothing was published; if it is meant: weir publish {names}"
        )


def before(connection: psycopg.Connection, found: Sequence[Plan]) -> None:
    """The steps ahead of the merge: new columns (a retyped one is dropped and added), missing indexes.

    `alter column type` is not used: it rewrites the table, which an older snapshot then reads as empty.
    """
    for plan in found:
        if plan.published is None:
            continue
        acts = [
            sql.SQL("drop column {}").format(sql.Identifier(name)) for name in plan.retyped
        ] + [
            sql.SQL("add column {} {}").format(sql.Identifier(name), sql.SQL(plan.built.columns[name]))
            for name in [*plan.added, *plan.retyped]
        ]  # fmt: skip
        if acts:
            statement = sql.SQL("alter table {} ").format(plan.published.relation) + sql.SQL(", ").join(acts)
            briefly(connection, plan.mart.name, statement)
            plan.published = shape(connection, PUBLISHED, plan.mart.name)
        for statement in _indexes(plan):
            briefly(connection, plan.mart.name, statement)


def within(connection: psycopg.Connection, plan: Plan) -> None:
    """In the transaction of the merge, after it: indexes of a new table; comments and grants of any."""
    target = sql.Identifier(PUBLISHED, plan.mart.name)
    kept = plan.published or Shape(target, {})
    if plan.published is None:
        for statement in _indexes(plan):
            connection.execute(statement)
    for column, text in plan.built.comments.items():
        if kept.comments.get(column) != text:
            what = sql.SQL("table {}").format(target)
            if column:
                what = sql.SQL("column {}").format(sql.Identifier(PUBLISHED, plan.mart.name, column))
            connection.execute(sql.SQL("comment on {} is {}").format(what, sql.Literal(text)))
    for role, privilege in plan.built.grants - kept.grants:
        who = sql.Identifier(role) if role else sql.SQL("public")
        statement = sql.SQL("grant {} on {} to {}").format(sql.SQL(privilege), target, who)
        connection.execute(statement)


def create(connection: psycopg.Connection, plan: Plan) -> None:
    """Make the published table, empty; nobody reads it before the merge commits."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}{}").format(
            sql.Identifier(name), sql.SQL(kind), sql.SQL(" not null" if name in plan.built.not_null else "")
        )
        for name, kind in plan.built.columns.items()
    )
    target = sql.Identifier(PUBLISHED, plan.mart.name)
    connection.execute(sql.SQL("create table {} ({})").format(target, columns))


def after(connection: psycopg.Connection, found: Sequence[Plan], gone: Sequence[str]) -> None:
    """The steps behind the merge: columns and marts whose loss was accepted are dropped."""
    for plan in found:
        for name in plan.dropped:
            statement = sql.SQL("alter table {} drop column {}").format(
                sql.Identifier(PUBLISHED, plan.mart.name), sql.Identifier(name)
            )
            briefly(connection, plan.mart.name, statement)
    for name in gone:
        briefly(connection, name, sql.SQL("drop table {}").format(sql.Identifier(PUBLISHED, name)))


def briefly(connection: psycopg.Connection, name: str, statement: sql.Composed, tries: int | None = None) -> None:
    """Run one statement under a short lock timeout, again and again, so that no reader queues behind it.

    Raises WeirError when it never gets its turn, or when something depends on what it drops.
    """
    for turn in range(tries or _TRIES):
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = '{_WAIT}'")
                connection.execute(statement)
            return
        except psycopg.errors.LockNotAvailable:
            time.sleep(min(0.1 * (turn + 1), 1))
        except psycopg.errors.DependentObjectsStillExist as fault:
            detail = " ".join((fault.diag.message_detail or "").split())
            raise WeirError(
                f"{PUBLISHED}.{name} can't lose it yet: {detail}; change or drop that first, then publish again"
            ) from None
    raise WeirError(
        f"{PUBLISHED}.{name} must change its shape, but a long transaction holds it: publish again when it has "
        "ended (pg_stat_activity shows it)"
    )


def _plan(connection: psycopg.Connection, mart: Mart) -> Plan:
    built = shape(connection, NEXT, mart.name)
    if built is None:
        raise WeirError(f"{NEXT}.{mart.name} was not built: type `weir build` first")
    published = shape(connection, PUBLISHED, mart.name)
    plan = Plan(mart, built, published)
    if published:
        plan.added = [name for name in built.columns if name not in published.columns]
        plan.dropped = [name for name in published.columns if name not in built.columns]
        plan.retyped = [name for name, kind in built.columns.items() if published.columns.get(name, kind) != kind]
    return plan


def _indexes(plan: Plan) -> list[sql.Composed]:
    """Statements for the indexes that the built table has and the published one lacks, the grain's own included."""
    wanted = set(plan.built.indexes)
    if plan.mart.grain:
        wanted.add((True, f"btree ({', '.join(_quoted(name) for name in plan.mart.grain)})"))
    kept = plan.published.indexes if plan.published else frozenset()
    return [
        sql.SQL("create {}index on {} using {}").format(
            sql.SQL("unique " if unique else ""), sql.Identifier(PUBLISHED, plan.mart.name), sql.SQL(definition)
        )
        for unique, definition in sorted(wanted - kept)
    ]


def _quoted(name: str) -> str:
    """The name as pg_get_indexdef writes it, as far as that matters: a doubled index is waste, not a fault."""
    plain = name.isascii() and name.replace("_", "a").isalnum() and name == name.lower() and not name[0].isdigit()
    return name if plain else '"' + name.replace('"', '""') + '"'
