"""The batches of a mart: the rows whose event time falls into one hour, day, month or year.

In: `ops.batches`, in which a build leaves rows and digest of each batch; `ops.published_batches`, in which a
publication does; a mart's table. Out: contents by batch; the condition that picks the rows of some batches by an index.
A batch is known by its start in UTC, as text. Rows without an event time are the batch '-infinity'.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from weir.project.marts import Mart
from weir.publish.digests import row_hash

VOID = "-infinity"  # the batch of rows without an event time
SIZES = ("hour", "day", "month", "year")


class Content(NamedTuple):
    """What stands in a batch: the number of rows, and the sum of their hashes."""

    rows: int
    digest: int

    def plus(self, other: "Content") -> "Content":
        """The content of both together."""
        return Content(self.rows + other.rows, self.digest + other.digest)

    def minus(self, other: "Content") -> "Content":
        """The content without the rows of the other."""
        return Content(self.rows - other.rows, self.digest - other.digest)


EMPTY = Content(0, 0)
Contents = Mapping[str, Content]


def total(found: Contents) -> Content:
    """The content of all batches together."""
    return Content(sum(each.rows for each in found.values()), sum(each.digest for each in found.values()))


def differing(one: Contents, other: Contents) -> list[str]:
    """The batches whose content differs; one that is missing is empty."""
    return sorted(name for name in {**one, **other} if one.get(name, EMPTY) != other.get(name, EMPTY))


def built(connection: psycopg.Connection[Any], mart: Mart) -> dict[str, Content] | None:
    """What the newest build left in each batch; None where the mart is not batched, or the build has not said it."""
    if not mart.event_time or mart.batch_size not in SIZES:
        return None
    return _read(connection, _BUILT, [mart.model]) or None


def published(connection: psycopg.Connection[Any], mart: Mart, since: int = 0) -> dict[str, Content]:
    """What the newest publication left in each batch of the mart, or in those that changed `since` a publication."""
    return _read(connection, _PUBLISHED, [mart.label, since])


def as_left(
    connection: psycopg.Connection[Any], mart: Mart, types: Mapping[str, str], left: Any
) -> dict[str, Content] | None:
    """What the publication in force left in each batch, by the digest that it left of the mart.

    None where it is not known of every batch, or the mart had other columns or batches.
    """
    if not left or left.get("batches") != frame(mart) or left["columns"] != types or not is_moment(mart, types):
        return None
    found = published(connection, mart)
    # what adds up to the digest of the whole is true of each batch
    return found if total(found) == Content(left["rows"], int(left["sum"])) else None


def frame(mart: Mart) -> dict[str, str]:
    """What decides into which batch a row falls."""
    return {"event_time": mart.event_time, "batch_size": mart.batch_size}


def contents(
    connection: psycopg.Connection[Any],
    relation: sql.Composable,
    types: Mapping[str, str],
    mart: Mart,
    where: sql.Composable | None = None,
) -> dict[str, Content]:
    """Read what stands in each batch, of all rows of a table or of some, over the columns of these types."""
    query = sql.SQL("select {name}, rows, digest from ({each}) as found").format(
        name=NAME,
        each=sql.SQL("select {} as batch, count(*) as rows, sum({}) as digest from {} as t where {} group by 1").format(
            batch_of(mart, types), row_hash(types), relation, where or sql.SQL("true")
        ),
    )
    return _read(connection, query, [])


def keep(
    connection: psycopg.Connection[Any], publication: int, mart: Mart, found: Contents, only: Collection[str] | None
) -> None:
    """Write down what stands in these batches of the published mart; without `only` no other batch stays known."""
    if only is None:
        connection.execute("delete from ops.published_batches where mart = %s", [mart.label])
    names = sorted({*found, *(only or ())})
    held = [found.get(name, EMPTY) for name in names]
    columns = [names, [each.rows for each in held], [each.digest for each in held]]
    connection.execute(_KEEP, [mart.label, publication, *columns])


def renew_built(
    connection: psycopg.Connection[Any], mart: Mart, table: sql.Composable, types: Mapping[str, str]
) -> None:
    """Write down anew what stands in each batch of a built table that was changed by something else than a build."""
    if built(connection, mart) and is_moment(mart, types):
        found = contents(connection, table, types, mart)
        connection.execute("update ops.batches set rows = 0, digest = 0 where model = %s", [mart.model])
        columns = [list(found), [each.rows for each in found.values()], [each.digest for each in found.values()]]
        connection.execute(_RENEW, [*columns, mart.model])


def batch_of(mart: Mart, types: Mapping[str, str]) -> sql.Composed:
    """The start of a row's batch, in SQL."""
    column, size = sql.Identifier(mart.event_time), sql.Literal(mart.batch_size)
    form = "date_trunc({}, {}, 'UTC')" if _has_zone(mart, types) else "date_trunc({}, {}::timestamp) at time zone 'UTC'"
    return sql.SQL("coalesce({}, {})").format(sql.SQL(form).format(size, column), sql.Literal(VOID))


def within(
    connection: psycopg.Connection[Any], mart: Mart, types: Mapping[str, str], batches: Collection[str]
) -> sql.Composable:
    """The condition for the rows of these batches, in SQL: ranges of the bare column, so that an index serves it."""
    column = sql.Identifier(mart.event_time)
    form = "({}::timestamp at time zone 'UTC')" if _has_zone(mart, types) else "{}::timestamp::" + _type(mart, types)
    tests: list[sql.Composable] = [sql.SQL("false")]
    for start, end in connection.cursor(row_factory=tuple_row).execute(
        _RANGES, {"batches": list(batches), "step": f"1 {mart.batch_size}"}
    ):
        low, high = (sql.SQL(form).format(sql.Literal(bound)) for bound in (start, end))
        tests.append(sql.SQL("({c} >= {low} and {c} < {high})").format(c=column, low=low, high=high))
    for name in ("infinity", VOID):
        if name in batches:
            tests.append(sql.SQL("{} = {}").format(column, sql.Literal(name)))
    if VOID in batches:
        tests.append(sql.SQL("{} is null").format(column))
    return sql.SQL("({})").format(sql.SQL(" or ").join(tests[1:] or tests))


def is_moment(mart: Mart, types: Mapping[str, str]) -> bool:
    """Whether the event time is a column of a date or a moment, as batches need it."""
    return _type(mart, types) in {"date", "timestamp without time zone", "timestamp with time zone"}


def told(mart: Mart, names: Collection[str]) -> str:
    """The words that name some batches, to follow what is wrong there: ", in batch 2026-11-03"; empty for none."""
    shown = [spoken(mart, name) for name in sorted(names)[:3]]
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return f", in batch {', '.join(shown)}{more}" if names else ""


def spoken(mart: Mart, batch: str) -> str:
    """The batch as a person writes it: 2026-11-03, 2026-11, 2026-11-03 14:00."""
    if batch == VOID:
        return f"without {mart.event_time}"
    ends = {"hour": -3, "day": -9, "month": -12, "year": -15}
    return batch if " BC" in batch or batch == "infinity" else batch[: ends[mart.batch_size]]


def _type(mart: Mart, types: Mapping[str, str]) -> str:
    kind = types.get(mart.event_time, "")
    return kind.split("(")[0] + kind.rpartition(")")[2] if "(" in kind else kind


def _has_zone(mart: Mart, types: Mapping[str, str]) -> bool:
    return _type(mart, types) == "timestamp with time zone"


def _read(connection: psycopg.Connection[Any], query: sql.Composed, values: list[Any]) -> dict[str, Content]:
    """Contents by batch; none where the digest of one is not known."""
    rows = connection.cursor(row_factory=tuple_row).execute(query, values or None).fetchall()
    known = all(digest is not None for _, _, digest in rows)
    return {name: Content(number, int(digest)) for name, number, digest in rows} if known else {}


def _as_text(moment: str) -> str:
    """A moment as text, in SQL, the same under every DateStyle."""
    era = f"case when extract(year from {moment}) < 0 then ' BC' else '' end"
    return f"to_char({moment}, 'YYYY-MM-DD HH24:MI:SS') || {era}"


_START = _as_text("(batch at time zone 'UTC')")
NAME = sql.SQL(f"case when isfinite(batch) then {_START} else batch::text end")
_BUILT = sql.SQL("select {}, rows, digest from ops.batches where model = %s").format(NAME)
_PUBLISHED = sql.SQL(
    "select {}, rows, digest from ops.published_batches where mart = %s and publication_id >= %s"
).format(NAME)
_KEEP = """
insert into ops.published_batches (mart, publication_id, batch, rows, digest)
select %s, %s, start at time zone 'UTC', rows, digest
from unnest(%s::timestamp[], %s::bigint[], %s::numeric[]) as each (start, rows, digest)
on conflict (mart, batch) do update
set publication_id = excluded.publication_id, rows = excluded.rows, digest = excluded.digest"""
_RENEW = """
update ops.batches as b set rows = each.rows, digest = each.digest
from unnest(%s::timestamp[], %s::bigint[], %s::numeric[]) as each (start, rows, digest)
where b.model = %s and b.batch = each.start at time zone 'UTC'"""
# Batches that follow each other make one range.
_RANGES = f"""
select {_as_text("min(start)")}, {_as_text("(max(start) + %(step)s::interval)")}
from (
    select start, count(*) filter (where is_first) over (order by start) as range
    from (
        select start, start is distinct from lag(start) over (order by start) + %(step)s::interval as is_first
        from unnest(%(batches)s::timestamp[]) as start where isfinite(start)
    ) as each
) as ranges
group by range order by min(start)"""
