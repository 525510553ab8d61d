"""Measures of a table by batch, and what they add up to: counts, sums and means of a column.

In: a table, what stands in each of its batches, `ops.batch_measures`. Out: the totals. A batch is read once: while its
content stays the same, what was measured of it is kept. Where few keys of it changed, only their rows are read, as they
were published and as they are now: exact sums follow from these and from what is kept.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal, localcontext
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from weir.project.marts import NEXT, PUBLISHED, Mart, tracked
from weir.publish import batches
from weir.publish.batches import Contents
from weir.publish.digests import row_hash
from weir.publish.parts import Parts
from weir.warehouse.catalog import columns_of

Connection = psycopg.Connection[Any]
Held = Mapping[str, str | None]  # each measure as text
Measured = dict[tuple[str, str], Held]  # by batch and content


@dataclass
class Measures:
    """The measures of a mart, as they were kept and as they are read now.

    `read` counts the batches that were read, `by_keys` those of which rows of changed keys alone were.
    """

    connection: Connection
    mart: Mart
    types: dict[str, str]
    wanted: Collection[str]
    read: int = 0
    by_keys: int = 0

    def __post_init__(self) -> None:
        """Take what is kept."""
        self.parts = sorted({part for measure in self.wanted for part in _parts(measure)})
        self.kept = _kept(self.connection, self.mart.name, self.parts)

    def totals(self, schema: str, contents: Contents) -> dict[str, Decimal | None] | None:
        """Add up the measures of the table in this schema; None where a batch does not hold its content."""
        missing = [name for name, each in contents.items() if each.rows and (name, _text(each)) not in self.kept]
        if missing:
            self.kept |= self._measured(schema, batches.within(self.connection, self.mart, self.types, missing))
            self.read += len(missing)
        found = []
        for name, each in contents.items():
            if each.rows:
                measured = self.kept.get((name, _text(each)))
                if measured is None:
                    return None
                found.append(measured)
        return {measure: _total(measure, found) for measure in self.wanted}

    def of_keys(self, found: Parts, built: Contents, published: Contents) -> Parts:
        """Read the rows of changed keys, and work out from them what is measured of the batches of `found.some`.

        Returns the parts with those batches as whole of which these rows do not explain all that differs.
        """
        if not found.some:
            return found
        where = replace(found, whole=()).where(self.connection, self.mart, self.types)
        old, new = (self._measured(schema, where) for schema in (PUBLISHED, NEXT))
        found = found.proven(built, published, _contents(old), _contents(new))
        gone, come = ({name: held for (name, _), held in each.items()} for each in (old, new))
        for name in found.some:
            content = published.get(name, batches.EMPTY)
            before = self.kept.get((name, _text(content))) if content.rows else {}
            after = self._follow(before, gone.get(name, {}), come.get(name, {})) if before is not None else None
            pair = name, _text(built.get(name, batches.EMPTY))
            if after is not None and pair not in self.kept:
                self.kept[pair] = after
                self.by_keys += 1
        return found

    def _follow(self, before: Held, gone: Held, come: Held) -> dict[str, str | None] | None:
        """Work out the measures of a batch after some rows have gone and others come; None where they are not exact."""
        found: dict[str, str | None] = {}
        for part in self.parts:  # a count stands before the sum of the same column
            function, _, column = part.partition("(")
            values = [Decimal(each.get(part) or 0) for each in (before, gone, come)]
            if function == "sum" and self.types.get(column[:-1], "").split("(")[0] not in _EXACT_TYPES:
                return None
            if not all(value.is_finite() for value in values):
                return None
            with localcontext(_EXACT):
                total = values[0] - values[1] + values[2]
            is_void = function == "sum" and found[f"count({column}"] == "0"
            found[part] = None if is_void else f"{total:f}"
        return found

    def keep(self, *contents: Contents) -> None:
        """Keep the measures of these contents for the next time, and no others."""
        current = {(name, _text(each)) for found in contents for name, each in found.items()}
        rows = [(*pair, self.kept[pair]) for pair in sorted(current & self.kept.keys())]
        _replace(self.connection, self.mart.name, rows)

    def _measured(self, schema: str, where: sql.Composable) -> Measured:
        query = sql.SQL(_MEASURE).format(
            name=batches.NAME,
            batch=batches.batch_of(self.mart, self.types),
            hash=row_hash(self.types),
            values=sql.SQL(", ").join(_part(part) for part in self.parts),
            table=sql.Identifier(schema, self.mart.name),
            where=where,
        )
        return {
            (name, content): dict(zip(self.parts, values, strict=True))
            for name, content, values in _rows(self.connection, query)
        }


def staged_rows(connection: Connection, model: str) -> int:
    """The number of rows of a staged model; where its batches are known, those alone are counted that changed."""
    table = sql.Identifier("staging", model)
    staged = tracked(model)
    size = f" by {staged.batch_size} of {staged.event_time}" if staged else ""
    found = {name: f"step {step}{size}" for name, step in _rows(connection, _CHANGED, [model])} if staged else {}
    if not staged or not found:
        return int(_rows(connection, sql.SQL("select count(*) from {}").format(table))[0][0])
    types = columns_of(connection, "staging", model)
    kept = {name: held["count(*)"] for name, at, held in _rows(connection, _KEPT, [model]) if found.get(name) == at}
    missing = found.keys() - kept.keys()
    query = sql.SQL(_COUNT).format(
        name=batches.NAME, batch=batches.batch_of(staged, types), table=table,
        where=batches.within(connection, staged, types, missing),
    )  # fmt: skip
    counted = dict.fromkeys(missing, "0") | dict(_rows(connection, query))
    kept |= counted
    _replace(connection, model, [(name, found[name], {"count(*)": kept[name]}) for name in found])
    return sum(map(int, kept.values()))


def _text(content: batches.Content) -> str:
    return f"{content.rows} {content.digest}"


def _contents(measured: Measured) -> dict[str, batches.Content]:
    pairs = {name: content.split() for name, content in measured}
    return {name: batches.Content(int(rows), int(digest)) for name, (rows, digest) in pairs.items()}


def _parts(measure: str) -> list[str]:
    """Name what a measure needs of each batch: a mean needs the sum and the count, a sum whether it is of anything."""
    if measure.startswith(("avg(", "sum(")):
        return [f"count({measure[4:]}", f"sum({measure[4:]}"]
    return [measure]


def _part(part: str) -> sql.Composable:
    """Write what is measured of a batch as SQL that gives text."""
    call, _, test = part.partition(" filter (where ")
    function, column = call.removesuffix(")").split("(", 1)
    what = sql.SQL("*") if column == "*" else sql.Identifier(column)
    where = sql.SQL(" filter (where {})").format(sql.Identifier(test.removesuffix(")"))) if test else sql.SQL("")
    return sql.SQL("({}({}){})::text").format(sql.SQL(function), what, where)


def _total(measure: str, found: Collection[Held]) -> Decimal | None:
    """The measure of the whole, by those of its batches; as in SQL a sum of nothing is NULL."""
    if measure.startswith("avg("):
        count, total = (_total(part, found) for part in _parts(measure))
        return total / count if count and total is not None else None
    values = [Decimal(each[measure] or 0) for each in found if each[measure] is not None]
    with localcontext(_EXACT):
        return sum(values, Decimal()) if values or measure.startswith("count(") else None


def _kept(connection: Connection, subject: str, parts: Collection[str]) -> Measured:
    rows = _rows(connection, _KEPT, [subject])
    return {(name, content): held for name, content, held in rows if held.keys() >= set(parts)}


def _replace(connection: Connection, subject: str, rows: Sequence[tuple[str, str, Mapping[str, Any]]]) -> None:
    """Keep these measures of the subject, by batch and content, and no others."""
    connection.execute("delete from ops.batch_measures where subject = %s", [subject])
    names, contents, held = ([row[place] for row in rows] for place in range(3))
    connection.execute(_KEEP, [subject, names, contents, [json.dumps(each) for each in held]])


def _rows(connection: Connection, query: sql.Composed, values: list[Any] | None = None) -> list[Any]:
    return connection.cursor(row_factory=tuple_row).execute(query, values).fetchall()


_EXACT_TYPES = ("smallint", "integer", "bigint", "numeric")  # whose sums come out the same in any order
_EXACT = Context(prec=1000, traps=[])  # as in SQL no digit is lost, and what infinities of both signs add up to is NaN
_KEPT = sql.SQL("select {}, content, measures from ops.batch_measures where subject = %s").format(batches.NAME)
_KEEP = """
insert into ops.batch_measures (subject, batch, content, measures)
select %s, start at time zone 'UTC', content, held
from unnest(%s::timestamp[], %s::text[], %s::jsonb[]) as each (start, content, held)"""
_CHANGED = sql.SQL("select {}, changed::text from ops.batches where model = %s").format(batches.NAME)
_COUNT = """
select {name}, rows from (
    select {batch} as batch, count(*)::text as rows from {table} where {where} group by 1
) as found"""
_MEASURE = """
select {name}, content, measured from (
    select {batch} as batch, concat(count(*), ' ', sum({hash})) as content, array[{values}]::text[] as measured
    from {table} where {where} group by 1
) as found"""
