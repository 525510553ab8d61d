"""Measures of a table by batch, and what they add up to: counts, sums and means of a column.

In: a table, what stands in each of its batches, `ops.batch_measures`. Out: the totals. A batch is read once: while its
content stays the same, what was measured of it is kept.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from weir.project.marts import Mart, tracked
from weir.publish import batches
from weir.publish.batches import Contents
from weir.publish.digests import row_hash
from weir.warehouse.catalog import columns_of

Connection = psycopg.Connection[Any]
Measured = dict[tuple[str, str], dict[str, str | None]]  # by batch and content, each measure as text


@dataclass
class Measures:
    """The measures of a mart, as they were kept and as they are read now; `read` counts the batches read."""

    connection: Connection
    mart: Mart
    types: Mapping[str, str]
    wanted: Collection[str]
    read: int = 0

    def __post_init__(self) -> None:
        """Take what is kept."""
        self.parts = sorted({part for measure in self.wanted for part in _parts(measure)})
        self.kept = _kept(self.connection, self.mart.name, self.parts)

    def totals(self, schema: str, contents: Contents) -> dict[str, Decimal | None] | None:
        """Add up the measures of the table in this schema; None where a batch does not hold its content."""
        missing = [name for name, each in contents.items() if each.rows and (name, _text(each)) not in self.kept]
        if missing:
            self.kept |= self._measured(schema, missing)
            self.read += len(missing)
        found = []
        for name, each in contents.items():
            if each.rows:
                measured = self.kept.get((name, _text(each)))
                if measured is None:
                    return None
                found.append(measured)
        return {measure: _total(measure, found) for measure in self.wanted}

    def keep(self, *contents: Contents) -> None:
        """Keep the measures of these contents for the next time, and no others."""
        current = {(name, _text(each)) for found in contents for name, each in found.items()}
        rows = [(*pair, self.kept[pair]) for pair in sorted(current & self.kept.keys())]
        _replace(self.connection, self.mart.name, rows)

    def _measured(self, schema: str, names: Collection[str]) -> Measured:
        query = sql.SQL(_MEASURE).format(
            name=batches.NAME,
            batch=batches.batch_of(self.mart, self.types),
            hash=row_hash(self.types),
            values=sql.SQL(", ").join(_part(part) for part in self.parts),
            table=sql.Identifier(schema, self.mart.name),
            where=batches.within(self.connection, self.mart, self.types, names),
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


def _parts(measure: str) -> list[str]:
    """Name what a measure needs of each batch: a mean needs the sum and the count."""
    if measure.startswith("avg("):
        return [f"count({measure[4:]}", f"sum({measure[4:]}"]
    return [measure]


def _part(part: str) -> sql.Composable:
    """Write what is measured of a batch as SQL that gives text."""
    call, _, test = part.partition(" filter (where ")
    function, column = call.removesuffix(")").split("(", 1)
    what = sql.SQL("*") if column == "*" else sql.Identifier(column)
    where = sql.SQL(" filter (where {})").format(sql.Identifier(test.removesuffix(")"))) if test else sql.SQL("")
    return sql.SQL("({}({}){})::text").format(sql.SQL(function), what, where)


def _total(measure: str, found: Collection[Mapping[str, str | None]]) -> Decimal | None:
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
