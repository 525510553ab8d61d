"""Changes the shape of published tables: new tables, columns, indexes, comments, grants.

In: the marts as built and as published. Out: the published tables with the shape of the built ones. Each statement
waits at most 0.3 s for its lock and is tried again, so that no reader queues behind it. A change that loses data (a
column or a mart is dropped, a type is changed) needs to be accepted by name.
"""

import shlex
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from weir.core.errors import WeirError
from weir.project.marts import NEXT, PRIVATE, PUBLISHED, Mart, labelled
from weir.publish import mask
from weir.warehouse.catalog import Shape, exists, shape_of

_TRIES = 40
_WAIT = "300ms"


@dataclass
class Reshape:
    """The changes that lead one published table to the shape of what was built; `source` reads what it shall hold."""

    mart: Mart
    built: Shape
    published: Shape | None
    source: sql.Composable
    added: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    retyped: list[str] = field(default_factory=list)

    @property
    def losing(self) -> list[str]:
        """The changes that lose data, as `mart.column`: the names that `--accept` takes."""
        return [f"{self.mart.label}.{column}" for column in [*self.dropped, *self.retyped]]

    def loss(self, act: str) -> str:
        """The sentence that says what a change of `losing` does."""
        name = act.removeprefix(self.mart.label + ".")
        old = self.published.columns[name] if self.published else ""
        if name in self.retyped:
            return f"changes its type from {old} to {self.built.columns[name]}"
        return f"is no longer in the model ({old})"


def plans(connection: psycopg.Connection, marts: Sequence[Mart]) -> list[Reshape]:
    """Compare the built and the published shapes; a mart with personal columns has a second plan, of its private part.

    Raises WeirError for a mart that was not built, or that can't be masked.
    """
    found = []
    for mart in marts:
        built = shape_of(connection, NEXT, mart.name)
        if built is None:
            raise WeirError(f"{NEXT}.{mart.name} was not built: type `weir build` first")
        found.append(_plan(connection, mart, mask.described(mart, built), mask.masked(mart, built)))
        if clear := mask.private(mart, built):
            found.append(_plan(connection, *clear))
    return found


def vanished(connection: psycopg.Connection, found: Sequence[Reshape]) -> list[Mart]:
    """Published tables that no model makes any more."""
    rows = connection.execute(
        "select distinct mart from ops.publication_tables where not mart = any(%s) order by mart",
        [[plan.mart.label for plan in found]],
    ).fetchall()
    known = [labelled(label) for (label,) in rows]
    return [mart for mart in known if exists(connection, mart.schema, mart.name)]


def refuse_losses(found: Sequence[Reshape], gone: Sequence[Mart], accept: Collection[str]) -> None:
    """Raise WeirError that names each loss that is not accepted, and the command that accepts all of them."""
    losses = {act: plan.loss(act) for plan in found for act in plan.losing}
    losses |= {mart.label: "is published but no model makes it any more" for mart in gone}
    # What is lost in analytics is lost in analytics_private: it is accepted once.
    losses = {act: change for act, change in losses.items() if act.removeprefix(f"{PRIVATE}.") == act
              or act.removeprefix(f"{PRIVATE}.") not in losses}  # fmt: skip
    open_ = {act: change for act, change in losses.items() if act not in accept}
    if open_:
        told = "; ".join(
            f"{act if act.startswith(f'{PRIVATE}.') else f'{PUBLISHED}.{act}'} {change}"
            for act, change in open_.items()
        )
        names = " ".join(f"--accept {shlex.quote(act)}" for act in losses)
        raise WeirError(
            f"{told}: readers may depend on that, so nothing was published; if it is meant: weir publish {names}"
        )


def before(connection: psycopg.Connection, found: Sequence[Reshape]) -> None:
    """Add, before the merge, the new columns and the missing indexes; drop unique ones that no longer are to hold.

    A column with another type is dropped and added. `alter column type` would rewrite the table, and an older snapshot
    reads a rewritten table as empty.
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
            briefly(connection, plan.mart, statement)
            plan.published = shape_of(connection, plan.mart.schema, plan.mart.name)
        for statement in [*_outdated(connection, plan), *_indexes(plan)]:
            briefly(connection, plan.mart, statement)


def within(connection: psycopg.Connection, plan: Reshape) -> None:
    """Make, in the transaction of the merge, the indexes of a new table, and the comments and grants of any table."""
    target = sql.Identifier(plan.mart.schema, plan.mart.name)
    kept = plan.published or Shape(target, {})
    if plan.published is None:
        for statement in _indexes(plan):
            connection.execute(statement)
    for column, text in plan.built.comments.items():
        if kept.comments.get(column) != text:
            what = sql.SQL("table {}").format(target)
            if column:
                what = sql.SQL("column {}").format(sql.Identifier(plan.mart.schema, plan.mart.name, column))
            connection.execute(sql.SQL("comment on {} is {}").format(what, sql.Literal(text)))
    for role, privilege in plan.built.grants - kept.grants:
        who = sql.Identifier(role) if role else sql.SQL("public")
        statement = sql.SQL("grant {} on {} to {}").format(sql.SQL(privilege), target, who)
        connection.execute(statement)


def create(connection: psycopg.Connection, plan: Reshape) -> None:
    """Make the published table, empty. No reader sees it before the merge commits."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}{}").format(
            sql.Identifier(name), sql.SQL(kind), sql.SQL(" not null" if name in plan.built.not_null else "")
        )
        for name, kind in plan.built.columns.items()
    )
    target = sql.Identifier(plan.mart.schema, plan.mart.name)
    connection.execute(sql.SQL("create table {} ({})").format(target, columns))


def after(connection: psycopg.Connection, found: Sequence[Reshape], gone: Sequence[Mart]) -> None:
    """Drop, after the merge, the columns and marts whose loss was accepted."""
    for plan in found:
        for name in plan.dropped:
            statement = sql.SQL("alter table {} drop column {}").format(
                sql.Identifier(plan.mart.schema, plan.mart.name), sql.Identifier(name)
            )
            briefly(connection, plan.mart, statement)
    for mart in gone:
        briefly(connection, mart, sql.SQL("drop table {}").format(sql.Identifier(mart.schema, mart.name)))


def briefly(connection: psycopg.Connection, mart: Mart, statement: sql.Composed, tries: int | None = None) -> None:
    """Run one statement under a short lock timeout, again until it succeeds, so that no reader queues behind it.

    Raises WeirError when the lock is never free, or when something depends on what the statement drops.
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
                f"{mart.place} can't lose it yet: {detail}; change or drop that first, then publish again"
            ) from None
    raise WeirError(
        f"{mart.place} must change its shape, but a long transaction holds it: publish again when it has "
        "ended (pg_stat_activity shows it)"
    )


def _plan(connection: psycopg.Connection, mart: Mart, built: Shape, source: sql.Composable) -> Reshape:
    published = shape_of(connection, mart.schema, mart.name)
    plan = Reshape(mart, built, published, source)
    if published:
        plan.added = [name for name in built.columns if name not in published.columns]
        plan.dropped = [name for name in published.columns if name not in built.columns]
        plan.retyped = [name for name, kind in built.columns.items() if published.columns.get(name, kind) != kind]
    return plan


def _wanted(plan: Reshape) -> set[tuple[bool, str]]:
    """The indexes of the built table, and the grain's."""
    wanted = set(plan.built.indexes)
    if plan.mart.grain:
        wanted.add((True, f"btree ({', '.join(_quoted(name) for name in plan.mart.grain)})"))
    return wanted


def _outdated(connection: psycopg.Connection, plan: Reshape) -> list[sql.Composed]:
    """Statements that drop the unique indexes of an earlier grain, which would refuse the rows of the new one."""
    assert plan.published
    table = [plan.published.relation.as_string(connection)]
    kept = {definition for unique, definition in _wanted(plan) if unique}
    return [
        sql.SQL("drop index {}").format(sql.Identifier(schema, name))
        for schema, name, definition in connection.execute(_UNIQUE, table).fetchall()
        if definition not in kept
    ]


def _indexes(plan: Reshape) -> list[sql.Composed]:
    """Statements that make the indexes which the published table lacks: those of the built table, and the grain's."""
    wanted = _wanted(plan)
    kept = plan.published.indexes if plan.published else frozenset()
    return [
        sql.SQL("create {}index on {} using {}").format(
            sql.SQL("unique " if unique else ""), sql.Identifier(plan.mart.schema, plan.mart.name), sql.SQL(definition)
        )
        for unique, definition in sorted(wanted - kept)
    ]


def _quoted(name: str) -> str:
    """The name as pg_get_indexdef writes it, but for rare names: a wrong guess makes a second index, no fault."""
    plain = name.isascii() and name.replace("_", "a").isalnum() and name == name.lower() and not name[0].isdigit()
    return name if plain else '"' + name.replace('"', '""') + '"'


# Those that no constraint stands on.
_UNIQUE = """
select n.nspname::text, c.relname::text, regexp_replace(pg_get_indexdef(i.indexrelid), '^.*? USING ', '')
from pg_index as i
inner join pg_class as c on c.oid = i.indexrelid
inner join pg_namespace as n on n.oid = c.relnamespace
where i.indrelid = %s::regclass and i.indisunique and i.indpred is null
    and not exists (select from pg_constraint as k where k.conindid = i.indexrelid)"""
