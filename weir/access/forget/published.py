"""Published marts and what a roll-back would bring back, after a person was taken out of them.

In: the marts that changed, `undo.rows`. Out: undo rows without the person; the digests and counts of the publication
in force, so that `weir verify` holds.
"""

import os
from collections.abc import Collection, Iterable

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from weir.access.forget.sweep import Relation, Search, held
from weir.project.erasure import ERASED
from weir.project.marts import Mart, labelled
from weir.publish.key import NAME, NEXT_NAME, Key
from weir.publish.verify import keep_missing_digests
from weir.warehouse.catalog import columns_of

UNDO = ("undo", "rows")
_DIGITS = 20  # of a pseudonym, as weir/publish/mask.py makes it


def pseudonyms(values: Iterable[str]) -> list[str]:
    """The pseudonyms under which the values are published, by the keys of `.env`."""
    keys = [Key(os.environ[name]) for name in (NAME, NEXT_NAME) if os.environ.get(name)]
    return [key.mac(value)[:_DIGITS] for key in keys for value in values]


def clean_undo(
    connection: psycopg.Connection, search: Search, relations: dict[tuple[str, str], Relation]
) -> tuple[int, int]:
    """Take the person out of the undo rows; returns rows changed and deleted.

    A row whose grain is the person's goes, as it goes from the mart: a roll-back then finds as many rows as it expects.
    """
    query = sql.SQL("select ctid::text, mart, row from undo.rows where {}").format(held(["row"], search.patterns()))
    changed = deleted = 0
    for place, label, row in connection.execute(query).fetchall():
        mart = labelled(label)
        there = relations.get((mart.schema, mart.name))
        kinds = columns_of(connection, mart.schema, mart.name)
        new = {name: search.scrub(value, kinds.get(name, "text")) for name, value in row.items()}
        sets = {name for name, value in new.items() if value != row[name]}
        if there and sets & there.unique:
            deleted += connection.execute("delete from undo.rows where ctid = %s::tid", [place]).rowcount
        elif sets:
            needed = there.required if there else frozenset()
            new = {name: ERASED if value is None and name in sets & needed else value for name, value in new.items()}
            changed += connection.execute(
                "update undo.rows set row = %s where ctid = %s::tid", [Jsonb(new), place]
            ).rowcount
    return changed, deleted


def renew_digests(connection: psycopg.Connection, changed: Collection[tuple[str, str]]) -> None:
    """Write down the digests and counts of these marts (schema, name) anew, for the publication in force.

    An earlier publication has none from now on: a roll-back to it writes its own.
    """
    labels = [Mart(name, schema=schema).label for schema, name in changed]
    connection.execute("update ops.publication_tables set digest = null where mart = any(%s)", [labels])
    connection.execute("delete from ops.published_batches where mart = any(%s)", [labels])
    keep_missing_digests(connection)
