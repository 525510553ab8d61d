"""XLSX: reads one sheet as a stream: the first visible one, or `format: {type: xlsx, sheet: …}`.

In: the stream of a file. Out: COPY lines; every cell is text. A formula lands as the value that was saved with it; a
row with a formula without a value is rejected.
"""

import datetime
import decimal
from collections.abc import Iterator
from itertools import repeat
from typing import Any, BinaryIO

from ingest.connectors.files.reader import Reader, largest, too_long, twice
from ingest.connectors.files.workbook import open_books, text
from ingest.raw.columns import Column
from ingest.raw.copy_text import escaped, field, visible
from weir.core.errors import WeirError
from weir.project.names import shortened

ROWS = 1_048_576  # the most rows of a sheet in Excel; a row with a greater number is a fault of the file


class SheetReader(Reader):
    """One sheet of one workbook."""

    def __init__(self, stream: BinaryIO, name: str, settings: dict[str, Any]) -> None:
        self.largest = largest(settings)
        book, as_written = open_books(stream, name, self.largest)
        sheet = settings.get("sheet")
        titles = [each.title for each in book.worksheets]
        if sheet and sheet not in titles:
            raise WeirError(f"{name} has no sheet {sheet!r}; it has: {', '.join(titles)}")
        shown = [each.title for each in book.worksheets if each.sheet_state == "visible"]
        found: Any = book[sheet or [*shown, *titles][0]]
        found.reset_dimensions()  # the size that a sheet declares may be wrong, or include a million empty rows
        self.rows = found.iter_rows(values_only=True)
        self.formulas: Iterator[Any] = repeat(())  # the cells of each row with their formulas, where the sheet has any
        if as_written:
            same = as_written[found.title]
            same.reset_dimensions()
            self.formulas = same.iter_rows(min_row=2, values_only=True)
        header = list(next(self.rows, ()))  # a fault in the XML is raised to whoever opened the file
        while header and header[-1] is None:
            header.pop()
        if not header:
            raise WeirError(f"{name} is empty: its first row must hold the column names")
        said = [(cell_text(cell) or "").strip("\r\n") for cell in header]
        names = [shortened(visible(cell)) or f"column_{n}" for n, cell in enumerate(said, 1)]
        if again := twice(names, "its first row"):
            raise WeirError(f"{name}: {again}")
        self.width = len(names)
        self.kept = list(range(self.width))
        self.columns = [Column(cell) for cell in names]

    def leave_out(self, names: set[str]) -> None:
        """Leave these columns out."""
        self.kept = [n for n in self.kept if self.columns[n].name not in names]
        self.columns = [self.columns[n] for n in self.kept]

    def lines(self, file: str, end: str) -> Iterator[str | bytes]:
        """The sheet's rows as lines of COPY."""
        for number, (row, written) in enumerate(zip(self.rows, self.formulas, strict=False), 2):
            empty = [cell for value, cell in zip(row, written, strict=False) if value is None and cell is not None]
            if not empty and all(cell is None for cell in row):
                if number > ROWS:
                    raise WeirError(f"{file} says it has rows beyond the {ROWS:,} of a sheet: replace or move it")
                continue
            cells = [cell_text(cell) for cell in (*row, *(None,) * (self.width - len(row)))]
            size = sum(map(len, filter(None, cells)))
            error = ""
            if empty:
                error = "a formula without a value: open the file in a spreadsheet program and save it"
                cells = [cell_text(cell) for cell in (*written, *(None,) * self.width)]
            elif any(cell is not None for cell in cells[self.width :]):
                error = f"wrong column count: {len(cells)} instead of {self.width}"
            elif size > self.largest:
                error = too_long(size, self.largest)
            kept = [cells[n] for n in self.kept]
            if error:
                yield self.bad(file, number, "\t".join(cell or "" for cell in cells).rstrip("\t"), error, end)
                continue
            flag = any(cell is not None and escaped(cell) for cell in kept)
            body = "\t".join("\\N" if cell is None else field(visible(cell)) for cell in kept)
            yield f"{body}\t{field(file)}\t{number}\t\\N\t\\N\t{'t' if flag else chr(92) + 'N'}{end}"


def cell_text(value: Any) -> str | None:
    """The cell as text: dates in ISO 8601, numbers with all digits, whole numbers without a point."""
    if value is None or isinstance(value, str):
        return value and text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(" ")
    if isinstance(value, float) and value - value == 0:
        plain = format(decimal.Decimal(repr(value)), "f")
        return plain.removesuffix(".0") if value else "0"
    return str(value)
