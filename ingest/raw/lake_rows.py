"""Rows of Parquet files of the lake, on their way back to a landing that compares with them.

In: a file, which rows are wanted. Out: those rows, as CSV that COPY reads. Memory holds one row group at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from weir.spark.lake.types import Column

Choose = Callable[[Any], Iterator[pa.Table]]  # of a pyarrow.parquet.ParquetFile: the rows that are wanted, in parts
_FORM = csv.WriteOptions(include_header=False, quoting_style="needed", batch_size=8192)


def rows_among(wanted: pa.Table) -> Choose:
    """Choose the rows that have the values of a row of `wanted`; a file that lacks one of its columns has none."""
    values = _texts(wanted).combine_chunks()

    def choose(file: Any) -> Iterator[pa.Table]:
        if not {*wanted.column_names} <= {*file.schema_arrow.names}:
            return
        for group in range(file.num_row_groups):
            mask = pc.is_in(_texts(file.read_row_group(group, columns=wanted.column_names)), value_set=values)
            if pc.any(mask).as_py():
                yield file.read_row_group(group).filter(mask)

    return choose


def keys_of(columns: Sequence[str]) -> Choose:
    """Choose all rows, and these columns of them."""

    def choose(file: Any) -> Iterator[pa.Table]:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, columns=list(columns))

    return choose


def csv_of(table: pa.Table) -> bytes:
    """The rows as CSV, in which NULL is nothing and '' a quoted nothing."""
    sink = pa.BufferOutputStream()
    csv.write_csv(table, sink, _FORM)
    return bytes(sink.getvalue())


def widened(table: pa.Table, columns: Sequence[Column]) -> pa.Table:
    """The rows with all these columns, in order; those that the table lacks are NULL."""
    there = {*table.column_names}
    return pa.table({c.name: table[c.name] if c.name in there else pa.nulls(table.num_rows, c.arrow) for c in columns})


def _texts(table: pa.Table) -> Any:
    """The columns of each row as one text; NULL where one of them is."""
    texts = [column.cast(pa.string()) for column in table.columns]
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, "\0")
