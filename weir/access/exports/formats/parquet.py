"""Parquet by pyarrow, from the CSV of COPY in batches: decimals, dates and moments as Parquet's own types.

What a type of Parquet can't hold (NaN in a decimal, an infinite date, more than 76 digits) makes its column text: the
whole column, and the dictionary says so. One query over the rows finds that out first.
"""

from typing import Any

import pyarrow
from pyarrow import csv, parquet

from weir.access.exports.columns import Column
from weir.access.exports.work import Work, Written, quoted

BATCH = 8 << 20  # bytes of CSV that become one row group
_PLAIN = {
    "smallint": pyarrow.int16(), "integer": pyarrow.int32(), "bigint": pyarrow.int64(), "real": pyarrow.float32(),
    "double precision": pyarrow.float64(), "boolean": pyarrow.bool_(), "date": pyarrow.date32(),
}  # fmt: skip
_MOST = 76  # digits of the widest decimal


def write(work: Work) -> Written:
    """Write the file, a row group per batch."""
    types, notes = _types(work)
    schema = pyarrow.schema([pyarrow.field(name, kind) for name, kind in types.items()])
    reading: dict[str, Any] = {
        "read_options": csv.ReadOptions(column_names=list(types), use_threads=False, block_size=1 << 30),
        "parse_options": csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        "convert_options": csv.ConvertOptions(
            column_types=schema, null_values=[""], true_values=["t"], false_values=["f"], strings_can_be_null=True,
            quoted_strings_can_be_null=False, check_utf8=False,
        ),
    }  # fmt: skip
    expressions = [
        f"{quoted(column.name)}::text" if types[column.name] == pyarrow.string() else quoted(column.name)
        for column in work.columns
    ]
    with parquet.ParquetWriter(work.path, schema, compression="zstd") as writer:
        for block in work.copied(expressions, "csv", BATCH):
            writer.write_table(csv.read_csv(pyarrow.py_buffer(block), **reading))
    told = {name: f"{kind} ({column.type})" for (name, kind), column in zip(types.items(), work.columns, strict=True)}
    return Written(told, notes)


def _types(work: Work) -> tuple[dict[str, pyarrow.DataType], dict[str, str]]:
    """The type of each column in the file, and a note for those that had to become text."""
    asked: list[tuple[Column, list[str]]] = [(column, _questions(column)) for column in work.columns]
    expressions = [text for _, texts in asked for text in texts]
    answers = iter(work.one(expressions) if expressions else ())
    types, notes = {}, {}
    for column, texts in asked:
        found = [next(answers) for _ in texts]
        kind = _type(column, found)
        types[column.name] = kind or pyarrow.string()
        if kind is None and texts:
            notes[column.name] = f"text, for {column.type} holds values here that no type of Parquet holds"
    return types, notes


def _questions(column: Column) -> list[str]:
    """Aggregates that tell whether, and by which type, Parquet can hold the column."""
    name = quoted(column.name)
    if column.kind == "numeric":
        return [
            f"coalesce(bool_or({name} in ('NaN', 'Infinity', '-Infinity')), false)",
            f"coalesce(max(scale({name})), 0)",
            f"coalesce(max(length(trunc(abs({name}))::text)), 1)",
        ]
    if column.kind in ("date", "timestamp", "moment"):
        kind = column.type.split("(")[0] if column.kind == "date" else "timestamptz" if column.kind == "moment" else ""
        cast = f"::{kind or 'timestamp'}"
        zone = "+00" if column.kind == "moment" else ""
        return [f"coalesce(bool_or({name} < '0001-01-01{zone}'{cast} or {name} >= '9999-12-31{zone}'{cast}), false)"]
    return []


def _type(column: Column, found: list[Any]) -> pyarrow.DataType | None:
    """The type in Parquet; None where it must be text."""
    if column.kind == "numeric":
        odd, scale, whole = found
        precision, declared = _declared(column.type)
        scale = max(scale, declared)
        precision = max(precision, whole + scale)
        if odd or precision > _MOST:
            return None
        return pyarrow.decimal128(precision, scale) if precision <= 38 else pyarrow.decimal256(precision, scale)
    if column.kind in ("timestamp", "moment"):
        return None if found[0] else pyarrow.timestamp("us", "UTC" if column.kind == "moment" else None)
    if column.kind == "date" and found[0]:
        return None
    return _PLAIN.get(column.type)


def _declared(kind: str) -> tuple[int, int]:
    """The precision and scale of numeric(p, s); (0, 0) where none are declared."""
    inner = kind.partition("(")[2].rstrip(")")
    precision, _, scale = inner.partition(",")
    return (int(precision), max(0, int(scale or 0))) if inner else (0, 0)
