"""Parquet by record batches: typed columns where PostgreSQL holds every value, else text or jsonb."""

import datetime
import decimal
import json
import math
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from ingest.connectors.json_lines import safe
from ingest.connectors.readers import Reader
from ingest.names import shortened
from ingest.raw import Column
from ingest.text import escaped, field, visible
from weir.settings import WeirError


class ParquetReader(Reader):
    """One Parquet file."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        import pyarrow
        import pyarrow.parquet

        try:
            self.file = pyarrow.parquet.ParquetFile(stream)
        except (pyarrow.ArrowInvalid, OSError) as fault:
            raise WeirError(f"{name} can't be read as Parquet ({type(fault).__name__}): replace or move it") from None
        self.names = list(self.file.schema_arrow.names)
        twice = {column for column in self.names if self.names.count(column) > 1}
        if twice:
            raise WeirError(f"{name}: column {min(twice)!r} stands twice in it: rename one")
        self.columns, self.ways = [], []
        for number, arrow in enumerate(self.file.schema_arrow, 1):
            type_, way = _kind(arrow.type)
            self.columns.append(Column(shortened(arrow.name) or f"column_{number}", type_))
            self.ways.append(way)

    def leave_out(self, names: list[str]) -> None:
        """Columns not to land."""
        kept = [n for n, column in enumerate(self.columns) if column.name not in names]
        self.columns, self.ways = [self.columns[n] for n in kept], [self.ways[n] for n in kept]
        self.names = [self.names[n] for n in kept]

    def lines(self, file: str, end: str) -> Iterator[str]:
        """COPY lines. Raises WeirError where a part of the file is damaged, or holds a date that nothing here can."""
        shown = field(file)
        for number, row in enumerate(self._rows(file), 1):
            cells = [None if v is None else way(v) for v, way in zip(row, self.ways, strict=True)]
            flag = any(cell is not None and escaped(cell) for cell in cells)
            body = "\t".join("\\N" if cell is None else field(visible(cell)) for cell in cells)
            yield f"{body}\t{shown}\t{number}\t\\N\t\\N\t{'t' if flag else chr(92) + 'N'}{end}"

    def _rows(self, file: str) -> Iterator[tuple[Any, ...]]:
        some = len(self.names) < len(self.file.schema_arrow)  # names are paths too: `a.b` is also b in a
        batches = self.file.iter_batches(batch_size=8192, columns=self.names if some else None)
        number = 0
        while True:
            try:
                batch = next(batches, None)
                rows = [] if batch is None else list(zip(*(_values(column) for column in batch.columns), strict=True))
            except Exception as fault:
                text = f"{type(fault).__name__}: {fault}"
                raise WeirError(f"{file} can't be read beyond row {number:,} ({text}): replace or move it") from None
            if batch is None:
                return
            number += len(rows)
            yield from rows


def _values(column: Any) -> list[Any]:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if (pa.types.is_timestamp(column.type) and column.type.unit == "ns") or pa.types.is_time64(column.type):
        column = column.cast(pa.string())  # Python's times end at microseconds
    return list(column.to_pylist())


def _kind(arrow: Any) -> tuple[str, Callable[[Any], str]]:
    """The type in raw and the way a value becomes text."""
    import pyarrow as pa

    is_ = pa.types
    if is_.is_dictionary(arrow):
        arrow = arrow.value_type
    if is_.is_boolean(arrow):
        return "boolean", lambda v: "t" if v else "f"
    if is_.is_integer(arrow):
        return ("numeric" if is_.is_uint64(arrow) else "bigint"), str
    if is_.is_floating(arrow):
        return "double precision", _float
    if is_.is_decimal(arrow):
        return "numeric", lambda v: format(v, "f")
    if is_.is_date(arrow):
        return "date", lambda v: v.isoformat()
    if is_.is_timestamp(arrow) and arrow.unit != "ns":
        return ("timestamp with time zone" if arrow.tz else "timestamp without time zone"), lambda v: v.isoformat(" ")
    if any(test(arrow) for test in (is_.is_binary, is_.is_large_binary, is_.is_fixed_size_binary, is_.is_binary_view)):
        return "bytea", lambda v: "\\x" + bytes(v).hex()
    if is_.is_nested(arrow):
        return "jsonb", _document
    return "text", str


def _document(value: Any) -> str:
    try:
        return safe(json.dumps(value, default=_plain, allow_nan=False))
    except ValueError:  # JSON has no NaN and no infinity: they are text
        return safe(json.dumps(_finite(value), default=_plain))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(held) for held in value]
    return ("NaN" if math.isnan(value) else _float(value)) if isinstance(value, float) and value - value else value


def _float(value: float) -> str:
    return ("Infinity" if value > 0 else "-Infinity") if math.isinf(value) else repr(value)


def _plain(value: Any) -> str:
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return format(value, "f") if isinstance(value, decimal.Decimal) else str(value)
