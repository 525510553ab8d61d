"""Parquet from the CSV that the server's COPY writes: typed, zstd, in row groups; memory stays flat.

NULL is nothing between two commas and '' a quoted nothing, so that both stay what they are.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from weir.spark.lake.types import Column, schema_of

BLOCK = 2 << 20  # bytes of CSV that are read at once; blocks of 8 MB were no faster and took more memory
_ROWS, _BYTES = 250_000, 48 << 20  # a row group: so many rows, or so many bytes in memory
_FAULT = re.compile(r"In CSV column #(\d+): .*", re.DOTALL)


class Unholdable(Exception):
    """A value of a column that the column's type in Parquet can't hold, such as an infinite date."""

    def __init__(self, column: Column, fault: str) -> None:
        super().__init__(fault)
        self.column = column


class Writer:
    """A file that is being written; `notes` stand in its own metadata, `rows` counts what it has.

    Raises OSError where the file can't be written.
    """

    def __init__(self, path: Path, columns: list[Column], notes: dict[str, str]) -> None:
        self.path, self.columns, self.rows = path, columns, 0
        self._held: list[pa.Table] = []
        self._writer = parquet.ParquetWriter(path, schema_of(columns).with_metadata(notes), compression="zstd")

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_fault: object) -> None:
        self._writer.close()

    def add(self, block: bytes) -> None:
        """Add the rows of a block of CSV. Raises Unholdable."""
        self.put(read(block, self.columns))

    def put(self, table: pa.Table) -> None:
        """Add the rows of a table that has the file's columns."""
        self._held.append(table)
        self.rows += table.num_rows
        if sum(part.num_rows for part in self._held) >= _ROWS or sum(part.nbytes for part in self._held) >= _BYTES:
            self._flush()

    def close(self) -> None:
        """Write what is held, and end the file."""
        if self._held:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(pa.concat_tables(self._held))
        self._held.clear()


def write(path: Path, columns: list[Column], blocks: Iterator[bytes], notes: dict[str, str]) -> int:
    """Write the rows of the blocks of CSV; `notes` stand in the file's own metadata. Returns the number of rows.

    Raises Unholdable, and OSError where the file can't be written.
    """
    with Writer(path, columns, notes) as writer:
        for block in blocks:
            writer.add(block)
        writer.close()
    return writer.rows


def notes_of(source: Any) -> dict[str, str]:
    """The notes in the metadata of a Parquet file, a path or an open file; nothing where it is none."""
    try:
        found = parquet.read_metadata(source).metadata or {}
    except (pa.ArrowInvalid, OSError):
        return {}
    return {name.decode(errors="replace"): text.decode(errors="replace") for name, text in found.items()}


def read(block: bytes, columns: list[Column]) -> pa.Table:
    """The rows of a block of CSV. Raises Unholdable."""
    reading: dict[str, Any] = {
        "read_options": csv.ReadOptions(
            column_names=[column.name for column in columns], use_threads=False, block_size=1 << 30
        ),
        "parse_options": csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        "convert_options": csv.ConvertOptions(
            column_types=schema_of(columns), null_values=[""], true_values=["t"], false_values=["f"],
            strings_can_be_null=True, quoted_strings_can_be_null=False, check_utf8=False,
        ),
    }  # fmt: skip
    try:
        return csv.read_csv(pa.py_buffer(block), **reading)
    except pa.ArrowInvalid as fault:
        if found := _FAULT.search(str(fault)):
            raise Unholdable(columns[int(found[1])], found[0]) from None
        raise
