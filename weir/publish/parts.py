"""The parts of a batched mart that can differ from what readers see; a part is the rows of one key in one batch.

In: `ops.batches`, `ops.batch_keys`, in which a build leaves the step that changed a batch or a key last; the step that
made what was published, which a publication leaves in its digest. Out: Parts. They are a proposal: the digests of both
sides prove, batch by batch, that all other rows are the same, and a batch of which they do not is read whole.
"""

from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from weir.project.marts import Mart
from weir.publish import batches
from weir.publish.batches import EMPTY, Contents

# With more keys than this share of the rows of the largest batch, whole batches are read in less time.
_FEW = 8
# Types of which no value is the empty text.
_NEVER_EMPTY = ("smallint", "integer", "bigint", "numeric", "uuid", "date", "boolean",
                "timestamp without time zone", "timestamp with time zone")  # fmt: skip


@dataclass(frozen=True)
class Parts:
    """The rows that can differ: all rows of the batches `whole`, and those of the batches `some` that meet `of_keys`.

    `count` is the number of keys.
    """

    whole: tuple[str, ...]
    some: tuple[str, ...] = ()
    of_keys: sql.Composable | None = None
    count: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The batches in which rows can differ."""
        return tuple(sorted((*self.whole, *self.some)))

    def where(self, connection: psycopg.Connection[Any], mart: Mart, types: dict[str, str]) -> sql.Composable:
        """The condition for these rows, in SQL, which the indexes on event time and key serve."""
        found = [batches.within(connection, mart, types, self.whole)] if self.whole or not self.some else []
        if self.some and self.of_keys:
            within = batches.within(connection, mart, types, self.some)
            found.append(sql.SQL("({} and {})").format(self.of_keys, within))
        return sql.SQL("({})").format(sql.SQL(" or ").join(found))

    def proven(self, built: Contents, published: Contents, before: Contents, after: Contents) -> "Parts":
        """The parts, where each batch is whole whose other rows are not the same on both sides.

        `before` and `after` are the contents of the rows of changed keys, as published and as built: what was
        published, less the former, and the latter must give what was built. So it does not where somebody changed rows
        by hand, or where the record of changed keys began anew.
        """
        same = [
            name
            for name in self.some
            if published.get(name, EMPTY).minus(before.get(name, EMPTY)).plus(after.get(name, EMPTY))
            == built.get(name, EMPTY)
        ]
        return replace(self, whole=tuple(sorted({*self.names} - {*same})), some=tuple(same))


def parts_of(
    connection: psycopg.Connection[Any],
    mart: Mart,
    types: dict[str, str],
    left: Any,
    built: Contents,
    published: Contents,
) -> Parts:
    """The parts that can differ, by the digest that the publication in force `left`, and by what stands in each batch.

    Whole batches, where the step that made what is published is not known, or too many keys changed since.
    """
    differing = tuple(batches.differing(built, published))
    since = left.get("step")
    if not differing or since is None or mart.by not in types:
        return Parts(differing)
    cursor = connection.cursor(row_factory=tuple_row)
    count, has_void = cursor.execute(_KEYS, [mart.model, since]).fetchone() or (0, False)
    whole = {name for (name,) in cursor.execute(_WHOLE, [mart.model, since]).fetchall()}
    some = tuple(name for name in differing if name not in whole)
    if not count or not some:
        return Parts(differing)
    if _FEW * count > max(max(built.get(name, EMPTY).rows, published.get(name, EMPTY).rows) for name in some):
        return Parts(differing)
    of_keys = _of_keys(mart, types[mart.by], since, has_void)
    return Parts(tuple(name for name in differing if name in whole), some, of_keys, count)


def step_of(connection: psycopg.Connection[Any], mart: Mart) -> dict[str, int | None]:
    """The step that made the mart as it is built now, as a digest tells it; None where it is not known."""
    row = connection.execute("select step from ops.batched_models where model = %s", [mart.model]).fetchone()
    return {"step": int(row[0]) if row else None}


def _of_keys(mart: Mart, kind: str, since: int, has_void: bool) -> sql.Composable:
    """The condition for the rows whose key changed since a step. NULL and an empty text are one key."""
    column = sql.Identifier(mart.by)
    is_text = kind.split("(")[0] in ("text", "character varying")
    # The keys stay in the warehouse: so no value stands in the text of a query, which Data Docs keep.
    test = sql.SQL(
        "{} = any(array(select key::{} from ops.batch_keys where model = {} and changed > {}{}))"
    ).format(
        column, sql.SQL(kind), sql.Literal(mart.model), sql.Literal(since), sql.SQL("" if is_text else " and key <> ''")
    )  # fmt: skip
    tests: list[sql.Composable] = [test]
    if has_void:
        tests.append(sql.SQL("{} is null").format(column))
        if not is_text and kind.split("(")[0] not in _NEVER_EMPTY:
            tests.append(sql.SQL("{}::text = ''").format(column))
    return sql.SQL("({})").format(sql.SQL(" or ").join(tests))


_KEYS = """
select count(*), coalesce(bool_or(key = ''), false) from ops.batch_keys where model = %s and changed > %s"""
_WHOLE = sql.SQL("select {} from ops.batches where model = %s and whole > %s").format(batches.NAME)
