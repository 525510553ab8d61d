"""The columns of the files of one table. Those of CSV and of workbooks hold text, whatever their values say."""

import re
from collections import Counter
from typing import Any

import orjson

from ingest.connectors.files.describing.looks import Look
from ingest.connectors.paths import Paths, common
from ingest.raw.columns import Column as Landed
from weir.project.scaffold.described import Column, Kind, Table

_KINDS: dict[str, Kind] = {
    "boolean": "boolean", "bigint": "integer", "numeric": "numeric", "double precision": "double", "date": "date",
    "timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp", "bytea": "bytes",
    "jsonb": "json", "text": "text",
}  # fmt: skip
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def columns_of_group(table: Table, looked: dict[str, Look], rows: list[tuple[list[str], list[str | None]]]) -> None:
    """Set the table's columns, from the files that were looked at and some rows of theirs (names and cells)."""
    if next(iter(looked.values())).documents:
        paths = Paths()
        for _, cells in rows:
            paths.add(orjson.loads(cells[-1] or "{}"))
        table.columns, rare = common(paths.columns())
        table.notes += rare
        return
    named: dict[str, Any] = {}
    counts: Counter[str] = Counter()
    for each in looked.values():
        for column in each.columns:
            named.setdefault(column.name.lower(), column)
            counts[column.name.lower()] += 1
    for names, _ in rows:  # columns of files that were not looked at
        for name in names:
            named.setdefault(name.lower(), Landed(name))
    for name, column in named.items():
        kind = _KINDS.get(column.type, "other")
        note = "" if counts[name] == len(looked) else f"in {counts[name]} of {len(looked)} files that were looked at"
        if re.fullmatch(r"column_[0-9]+", column.name):
            note = "a column without a name" + (f", {note}" if note else "")
        table.columns.append(Column(column.name, kind, column.type, "" if kind == "text" else column.type, note=note))


def only_moments(values: dict[str, list[str | None]]) -> dict[str, list[str | None]]:
    """The values of a sheet's columns: where some are moments, the days among them are midnights, as for parse."""
    return {
        name: [f"{v} 00:00:00" if v and _DAY.fullmatch(v) else v for v in column]
        if any(v and len(v) > 10 and _DAY.match(v) and v[10:11] == " " for v in column) else column
        for name, column in values.items()
    }  # fmt: skip
