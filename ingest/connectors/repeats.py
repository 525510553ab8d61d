"""Repeated keys in one file: duplicates, which count once, and conflicts, which wait in quarantine.

In: rows that have just come, in raw or in `incoming`. Out: `_error` on each row whose key stands in the same file again
with other content, and the number of duplicates. A row in conflict is identified by its line, as an unreadable row is,
and leaves quarantine when the file is mended. Costs one grouping of these rows by 64 bits of their keys, a third of the
time that grouping by the keys takes.
"""

from dataclasses import dataclass, field
from functools import reduce
from itertools import groupby
from typing import Any

from ingest.connectors.cursors import order
from ingest.raw.columns import Column, listed, quoted
from ingest.raw.table import Raw

MARKS = [Column("_text"), Column("_error")]
LISTED = "listed more than once in one reading, with other content"  # an API's object
CONFLICT = "its key stands in the file again, with other content"


@dataclass
class Repeats:
    """The number of duplicates of each file, and of rows in conflict."""

    duplicates: dict[str, int] = field(default_factory=dict)
    conflicts: int = 0

    def add(self, other: "Repeats") -> None:
        """Add the counts of another reading."""
        self.duplicates |= other.duplicates
        self.conflicts += other.conflicts

    def words(self) -> list[str]:
        """The counts in words, for the landing's output."""
        count = sum(self.duplicates.values())
        found = [f"{count:,} duplicate{'s' if count > 1 else ''}"] if count else []
        return [*found, *([f"{self.conflicts:,} rows in conflict"] if self.conflicts else [])]


def by_line(key: list[str]) -> str:
    """The condition for rows identified by file and line: without a key, unreadable, or in conflict."""
    return (
        "("
        + (" or ".join([*(f"{quoted(name)} is null" for name in key), "_error is not null"] if key else ["true"]))
        + ")"
    )


def mark(raw: Raw, key: list[str], relation: str, where: str = "true", last: bool = False) -> Repeats:
    """Mark the rows in conflict. With `last` there are none: the last row of a key counts."""
    found = Repeats()
    if not key:
        return found
    names = listed(["_file", *key])
    where = f"{where} and not {by_line(key)}"
    again = f"({names}) in (select {names} from"
    bits = reduce(lambda seed, name: f"hashtextextended({quoted(name)}::text, {seed})", ["_file", *key], "0")
    raw.wire.execute("set local work_mem = '64MB'")
    if not raw.wire.value(f"select exists (select from {relation} where {where} group by {bits} having count(*) > 1)"):
        raw.wire.execute("set local work_mem to default")
        return found
    several = raw.wire.execute(
        f"create temporary table several on commit drop as select {names}, count(*) as rows from {relation} "
        f"where {where} group by {names} having count(*) > 1"
    )
    if several and not last:
        content = listed([c.name for c in raw.columns if c.name != "_line"])
        raw.wire.execute(
            f"create temporary table conflicts on commit drop as select {names} from {relation} where {where} "
            f"and {again} several) group by {names} "
            f"having count(distinct md5(row({content})::text)) > 1"
        )
        found.conflicts = raw.wire.execute(
            f"update {relation} set _error = '{CONFLICT}' where {where} and {again} conflicts)"
        )
        raw.wire.execute(f"delete from several where {again} conflicts)")
        raw.wire.execute("drop table conflicts")
    if several:
        counted = raw.wire.rows("select _file, (sum(rows) - count(*))::int8 from several group by 1")
        found.duplicates = {row[0]: row[1] for row in counted}
    raw.wire.execute("drop table several; set local work_mem to default")
    return found


def settle(raw: Raw, key: list[str], cursor: str | None, last: bool) -> Repeats:
    """Leave one row of each key in `incoming`, the listing of an API whose objects may move while it is read.

    The row with the greatest cursor counts. Where several rows have that cursor, or none has one, different content is
    a conflict, unless `last` says that the last row counts. A conflict becomes one row without a document: its `_text`
    holds all that was listed, its `_error` the reason.
    """
    names, wire, found = listed(key), raw.wire, Repeats()
    several = wire.execute(f"create temporary table several on commit drop as select {names} from incoming "
                           f"group by {names} having count(*) > 1")  # fmt: skip
    if several:
        rows = wire.rows(
            f"select dense_rank() over (order by {names}) as g, _n, {quoted(cursor) if cursor else 'null'} as at, "
            f"md5(document::text) as body from incoming where ({names}) in (select {names} from several) order by 1, 2"
        )
        kept, newest = [], []  # of each key the row that stays; of each conflict the rows with the greatest cursor
        for _, group in groupby(rows, key=lambda row: row["g"]):
            alike = _newest(list(group))
            kept.append(alike[-1]["_n"])
            bodies = {row["body"] for row in alike}
            found.duplicates[""] = found.duplicates.get("", 0) + (len(alike) - 1 if len(bodies) == 1 or last else 0)
            if len(bodies) > 1 and not last:
                found.conflicts += len(alike)
                newest.append([row["_n"] for row in alike])
        if newest:
            _mark_listed(raw, newest)
        wire.execute(
            f"delete from incoming where ({names}) in (select {names} from several) and not _n = any($1)", kept
        )
    wire.execute("drop table several")
    return found


def _newest(rows: list[Any]) -> list[Any]:
    """The rows that have the greatest cursor; all rows where none has a cursor."""
    marks = [(0,) if row["at"] is None else (1, order(row["at"])) for row in rows]
    return [row for row, mark in zip(rows, marks, strict=True) if mark == max(marks)]


def _mark_listed(raw: Raw, newest: list[list[int]]) -> None:
    """Gather the documents of each conflict (rows by number) in the last row of that conflict."""
    if "_error" not in {column.name for column in raw.columns}:
        raw.prepare([*raw.columns, *MARKS])
        raw.wire.execute("alter table incoming add _text text, add _error text")
    for numbers in newest:
        raw.wire.execute(
            "update incoming set document = null, _error = $1, _text = (select jsonb_agg(document order by _n)::text "
            "from incoming where _n = any($2)) where _n = $3", LISTED, numbers, numbers[-1],
        )  # fmt: skip
