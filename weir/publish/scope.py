"""What a publication compares of each mart: all of it, the batches that differ, or nothing.

In: what the gate judged, `ops.batches`, what the publication in force left. Out: a Scope. A batch is compared where its
digest is not that of readers; a mart that is not batched is left alone where its digest is. Whatever is not certain, a
mart whose columns change, or one with personal data is compared whole.
"""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from weir.publish import batches
from weir.publish.digests import digest_of
from weir.publish.shape import Reshape


@dataclass(frozen=True)
class Scope:
    """The rows that are compared: those of the batches `changed`, which meet `where`, or all.

    `left` is the digest of what readers see, where that is known to be what the gate judged: then nothing is compared.
    """

    changed: tuple[str, ...] | None = None
    where: sql.Composable | None = None
    left: Any = None


WHOLE = Scope()


def scope_of(connection: psycopg.Connection, plan: Reshape, judged: Any, left: Any) -> Scope:
    """What is to be compared of a mart, by what the gate judged, and what the publication in force `left`."""
    mart = plan.mart
    if not left or mart.personal or plan.published is None or plan.added or plan.retyped or plan.dropped:
        return WHOLE
    if left["columns"] != plan.built.columns or left["postgres"] != judged["postgres"]:
        return WHOLE
    changed = _changed(connection, plan, judged, left)
    if changed is not None:
        types = plan.built.columns
        where = batches.within(connection, mart, types, changed)
        return Scope(tuple(changed), where, None if changed else left)
    if not mart.event_time and _content(judged) == _content(left):
        now = digest_of(connection, mart.schema, mart.name, plan.built.columns)
        if _content(now) == _content(judged):
            return Scope(left=now)
    return WHOLE


def _changed(connection: psycopg.Connection, plan: Reshape, judged: Any, left: Any) -> list[str] | None:
    """The batches whose digest is not that of readers; None where it is not known of every batch."""
    mart = plan.mart
    built = batches.built(connection, mart)
    published = batches.as_left(connection, mart, plan.built.columns, left)
    # What adds up to the digest of the whole is true of each batch.
    if not built or published is None or batches.total(built) != _content(judged):
        return None
    return batches.differing(built, published)


def _content(digest: Any) -> batches.Content:
    return batches.Content(digest["rows"], int(digest["sum"]))
