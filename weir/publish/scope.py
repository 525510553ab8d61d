"""What a publication compares of each mart: all of it, the batches that differ, changed keys of them, or nothing.

In: what the gate judged, `ops.batches`, what the publication in force left. Out: a Scope. A batch is compared where its
digest is not that of readers (parts.py says which rows of it); a mart that is not batched is left alone where its
digest is. Whatever is not certain, a mart whose columns change, or one with personal data is compared whole.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
from psycopg import sql

from weir.project.marts import Mart
from weir.publish import batches, parts
from weir.publish.batches import Content, Contents
from weir.publish.digests import are_alike, digest_of
from weir.publish.shape import Reshape


@dataclass(frozen=True)
class Scope:
    """The rows that are compared: those of the batches `changed` that meet `where`, or all.

    `batches` is the condition for every row of these batches. `rest` holds, by batch of which only some rows are
    compared, the content of the others. `left` is the digest of what readers see, where that is known to be what the
    gate judged: then nothing is compared.
    """

    changed: tuple[str, ...] | None = None
    where: sql.Composable | None = None
    batches: sql.Composable | None = None
    rest: Contents = field(default_factory=dict)
    left: Any = None

    def contents(
        self, connection: psycopg.Connection, table: sql.Composable, types: dict[str, str], mart: Mart
    ) -> dict[str, Content]:
        """What stands now in each of the batches: the rows that are compared are read, and `rest` is added."""
        found = batches.contents(connection, table, types, mart, self.where)
        return found | {name: found.get(name, batches.EMPTY).plus(rest) for name, rest in self.rest.items()}

    def rows_of_grain(self, mart: Mart, proven: bool) -> sql.Composable | None:
        """The condition for the rows among which a key of the mart's grain could be there twice; None means all.

        It is `proven` where an index shows that none is, and the rows are read for keys that are NULL.
        """
        if proven or {mart.event_time, mart.by} <= set(mart.grain):  # a key of other rows is another key
            return self.where
        return self.batches if mart.event_time in mart.grain else None


WHOLE = Scope()


def scope_of(connection: psycopg.Connection, plan: Reshape, judged: Any, left: Any) -> Scope:
    """What is to be compared of a mart, by what the gate judged, and what the publication in force `left`."""
    mart = plan.mart
    if not left or mart.personal or plan.published is None or plan.added or plan.retyped or plan.dropped:
        return WHOLE
    if left["columns"] != plan.built.columns or not are_alike(left, judged):
        return WHOLE
    scope = _batches(connection, plan, judged, left)
    if scope is not None:
        return scope
    if not mart.event_time and _content(judged) == _content(left):
        now = digest_of(connection, mart.schema, mart.name, plan.built.columns)
        if _content(now) == _content(judged):
            return Scope(left=now)
    return WHOLE


def _batches(connection: psycopg.Connection, plan: Reshape, judged: Any, left: Any) -> Scope | None:
    """The rows of a batched mart that can differ from those of readers; None where it is not known of every batch."""
    mart, types = plan.mart, plan.built.columns
    built = batches.built(connection, mart)
    published = batches.as_left(connection, mart, types, left)
    # What adds up to the digest of the whole is true of each batch.
    if not built or published is None or batches.total(built) != _content(judged):
        return None
    found = parts.parts_of(connection, mart, types, left, built, published)
    rest: dict[str, Content] = {}
    if found.some:
        where = replace(found, whole=()).where(connection, mart, types)
        tables = (sql.Identifier(mart.schema, mart.name), plan.source)
        before, after = (batches.contents(connection, table, types, mart, where) for table in tables)
        found = found.proven(built, published, before, after)
        rest = {name: published.get(name, batches.EMPTY).minus(before.get(name, batches.EMPTY)) for name in found.some}
    if not found.names:
        # Readers see what this step made, too: the next publication need not look at the keys of earlier ones.
        return Scope((), left=left | parts.step_of(connection, mart))
    within = batches.within(connection, mart, types, found.names)
    return Scope(found.names, found.where(connection, mart, types), within, rest)


def _content(digest: Any) -> Content:
    return Content(digest["rows"], int(digest["sum"]))
