"""Parquet, read by record batches.

In: the stream of a file. Out: COPY lines; a column has a PostgreSQL type where that holds every value, else text or
jsonb.
"""

import datetime
import decimal
import json
import math
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from ingest.connectors.files.parquet_values import merged, values
from ingest.connectors.files.reader import Reader, largest, too_long
from ingest.connectors.json_text import safe
from ingest.raw.columns import Column
from ingest.raw.copy_text import escaped, field, visible
from weir.core.errors import WeirError
from weir.project.names import shortened

BATCH, AT_ONCE = 8192, 64_000_000  # the most rows, and bytes, of a batch
NESTED = 1_000_000_000  # the most bytes of a nested column's texts in a batch, if every row had a text of its own


class ParquetReader(Reader):
    """One Parquet file."""

    typed = True

    def __init__(self, stream: BinaryIO, name: str, settings: dict[str, Any]) -> None:
        import pyarrow

        self.stream, self.largest = stream, largest(settings)
        try:
            self.file = self._open()
            words = self._words()
            self.file = self._open(read_dictionary=words) if words else self.file
            schema = self.file.schema
            moments = any(schema.column(n).physical_type == "INT96" for n in range(len(schema)))
            self.coarse = self._open(coerce_int96_timestamp_unit="us") if moments else None
        except (pyarrow.ArrowInvalid, OSError) as fault:
            raise WeirError(f"{name} can't be read as Parquet ({type(fault).__name__}): replace or move it") from None
        self.batch = self._batch(name)
        self.names = list(self.file.schema_arrow.names)
        again = {column for column in self.names if self.names.count(column) > 1}
        if again:
            raise WeirError(f"{name}: column {min(again)!r} stands twice in it: rename one")
        self.columns, self.ways = [], []
        for number, arrow in enumerate(self.file.schema_arrow, 1):
            type_, way = _kind(arrow.type)
            self.columns.append(Column(shortened(arrow.name) or f"column_{number}", type_))
            self.ways.append(way)

    def _open(self, **settings: Any) -> Any:
        import pyarrow.parquet

        return pyarrow.parquet.ParquetFile(self.stream, buffer_size=1 << 20, **settings)

    def _words(self) -> list[str]:
        """The text columns that are dictionary-encoded: read as dictionaries, each text takes memory once."""
        import pyarrow as pa

        metadata, texts = self.file.metadata, [pa.string(), pa.binary()]
        words = {f.name for f in self.file.schema_arrow if f.type in texts}
        for group in range(metadata.num_row_groups):
            for n in range(metadata.num_columns):
                chunk = metadata.row_group(group).column(n)
                if not chunk.has_dictionary_page:
                    words.discard(chunk.path_in_schema)
        return sorted(words)

    def _batch(self, name: str) -> int:
        """The number of rows per batch. Raises WeirError when a column's values are larger than a row may be."""
        metadata, rows = self.file.metadata, BATCH
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            for chunk in map(group.column, range(metadata.num_columns)):
                size, count = chunk.total_uncompressed_size, max(chunk.num_values, 1)
                if size // count > self.largest:
                    raise WeirError(f"{name}: the values of column {chunk.path_in_schema!r} are "
                                    f"{too_long(size // count, self.largest)}: replace or move it")  # fmt: skip
                if "." in chunk.path_in_schema and chunk.has_dictionary_page and chunk.physical_type == "BYTE_ARRAY":
                    rows = min(rows, max(NESTED // max(size, 1), 16))
            rows = min(rows, max(AT_ONCE * group.num_rows // max(group.total_byte_size, 1), 1))
        return rows

    def leave_out(self, names: set[str]) -> None:
        """Leave these columns out."""
        kept = [n for n, column in enumerate(self.columns) if column.name not in names]
        self.columns, self.ways = [self.columns[n] for n in kept], [self.ways[n] for n in kept]
        self.names = [self.names[n] for n in kept]

    def lines(self, file: str, end: str) -> Iterator[str | bytes]:
        """The file's rows as lines of COPY. Raises WeirError when a part of the file is damaged."""
        shown = field(file)
        for number, row in enumerate(self._rows(file), 1):
            cells = [None if v is None else way(v) for v, way in zip(row, self.ways, strict=True)]
            flag = any(cell is not None and escaped(cell) for cell in cells)
            body = "\t".join("\\N" if cell is None else field(visible(cell)) for cell in cells)
            if len(body) > self.largest and (size := sum(map(len, filter(None, cells)))) > self.largest:
                begun = "\t".join((cell or "")[:1000] for cell in cells)
                yield self.bad(file, number, begun, too_long(size, self.largest), end)
                continue
            yield f"{body}\t{shown}\t{number}\t\\N\t\\N\t{'t' if flag else chr(92) + 'N'}{end}"

    def _rows(self, file: str) -> Iterator[tuple[Any, ...]]:
        some = len(self.names) < len(self.file.schema_arrow)  # a name is also a path: `a.b` is also b in a
        both = [self.file, self.coarse] if self.coarse else [self.file]
        batches = zip(
            *(each.iter_batches(batch_size=self.batch, columns=self.names if some else None) for each in both),
            strict=True,
        )
        number = 0
        while True:
            try:
                batch = next(batches, None)
                rows = [] if batch is None else list(zip(*_columns(*batch), strict=True))
            except Exception as fault:
                what = type(fault).__name__  # its text may hold values of the file
                raise WeirError(f"{file} can't be read beyond row {number:,} ({what}): replace or move it") from None
            if batch is None:
                return
            number += len(rows)
            yield from rows


def _columns(fine: Any, coarse: Any = None) -> Iterator[list[Any]]:
    """The batch's columns; a column with INT96 is merged from both readings."""
    for n, column in enumerate(fine.columns):
        other = coarse.columns[n] if coarse else column
        yield values(column) if other.type == column.type or _is_words(column) else merged(other, column)


def _is_words(column: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_dictionary(column.type))


def _kind(arrow: Any) -> tuple[str, Callable[[Any], str]]:
    """The type in raw, and the function that makes text of a value."""
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
        return "date", lambda v: v if isinstance(v, str) else v.isoformat()
    if is_.is_timestamp(arrow) and arrow.unit != "ns":
        zone = "with" if arrow.tz else "without"
        return f"timestamp {zone} time zone", lambda v: v if isinstance(v, str) else v.isoformat(" ")
    if any(test(arrow) for test in (is_.is_binary, is_.is_large_binary, is_.is_fixed_size_binary, is_.is_binary_view)):
        return "bytea", lambda v: "\\x" + bytes(v).hex()
    if is_.is_nested(arrow):
        return "jsonb", _document
    return "text", str


def _document(value: Any) -> str:
    try:
        return safe(json.dumps(value, default=_json_text, allow_nan=False))
    except ValueError:  # JSON has no NaN and no infinity: they become text
        return safe(json.dumps(_finite(value), default=_json_text))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(held) for held in value]
    return ("NaN" if math.isnan(value) else _float(value)) if isinstance(value, float) and value - value else value


def _float(value: float) -> str:
    return ("Infinity" if value > 0 else "-Infinity") if math.isinf(value) else repr(value)


def _json_text(value: Any) -> str:
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return format(value, "f") if isinstance(value, decimal.Decimal) else str(value)
