"""XLSX: the first sheet shown (or `format: {type: xlsx, sheet: …}`), read as a stream; every cell is text.

A formula is the value that the program which saved the file gave it; a row with a formula that has none is rejected.
"""

import datetime
import re
import zipfile
from collections.abc import Iterator
from itertools import repeat
from typing import Any, BinaryIO

from ingest.connectors.readers import Reader
from ingest.names import shortened
from ingest.raw import Column
from ingest.text import escaped, field, visible
from weir.settings import WeirError

_FORMULA = re.compile(rb"<(\w{1,9}:)?f[ />]")


class SheetReader(Reader):
    """One sheet of one workbook."""

    def __init__(self, stream: BinaryIO, name: str, settings: dict[str, Any]) -> None:
        import openpyxl

        try:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            as_written = openpyxl.load_workbook(stream, read_only=True) if _has_formulas(stream) else None
        except Exception as fault:
            raise WeirError(f"{name} can't be read as XLSX ({type(fault).__name__}): replace or move it") from None
        sheet = settings.get("sheet")
        if sheet and sheet not in book.sheetnames:
            raise WeirError(f"{name} has no sheet {sheet!r}; it has: {', '.join(book.sheetnames)}")
        shown = [each.title for each in book.worksheets if each.sheet_state == "visible"]
        found: Any = book[sheet or [*shown, *book.sheetnames][0]]
        found.reset_dimensions()  # how far a sheet says it reaches may be wrong, or be a million empty rows
        self.rows = found.iter_rows(values_only=True)
        self.formulas: Iterator[Any] = repeat(())  # row by row what stands in the cells, where some hold formulas
        if as_written:
            same = as_written[found.title]
            same.reset_dimensions()
            self.formulas = same.iter_rows(min_row=2, values_only=True)
        header = list(next(self.rows, ()))
        while header and header[-1] is None:
            header.pop()
        if not header:
            raise WeirError(f"{name} is empty: its first row must hold the column names")
        names = [shortened(cell_text(cell) or f"column_{n}") for n, cell in enumerate(header, 1)]
        twice = {cell for cell in names if names.count(cell) > 1}
        if twice:
            raise WeirError(f"{name}: column {min(twice)!r} stands twice in its first row: rename one")
        self.width = len(names)
        self.kept = list(range(self.width))
        self.columns = [Column(cell) for cell in names]

    def leave_out(self, names: list[str]) -> None:
        """Columns not to land."""
        self.kept = [n for n in self.kept if self.columns[n].name not in names]
        self.columns = [self.columns[n] for n in self.kept]

    def lines(self, file: str, end: str) -> Iterator[str]:
        """COPY lines."""
        for number, (row, written) in enumerate(zip(self.rows, self.formulas, strict=False), 2):
            empty = [cell for value, cell in zip(row, written, strict=False) if value is None and cell is not None]
            if not empty and all(cell is None for cell in row):
                continue
            cells = [cell_text(cell) for cell in (*row, *(None,) * (self.width - len(row)))]
            error = "\\N"
            if empty:
                error = "a formula without a value: open the file in a spreadsheet program and save it"
                cells = [cell_text(cell) for cell in (*written, *(None,) * self.width)]
            elif any(cell is not None for cell in cells[self.width :]):
                error = f"wrong column count: {len(cells)} instead of {self.width}"
            kept = [cells[n] for n in self.kept]
            flag = any(cell is not None and escaped(cell) for cell in kept)
            if error != "\\N":
                shown = field(visible("\t".join(cell or "" for cell in cells).rstrip("\t")))
                yield "\\N\t" * len(kept) + f"{field(file)}\t{number}\t{shown}\t{error}\t\\N{end}"
                continue
            body = "\t".join("\\N" if cell is None else field(visible(cell)) for cell in kept)
            yield f"{body}\t{field(file)}\t{number}\t\\N\t\\N\t{'t' if flag else chr(92) + 'N'}{end}"


def _has_formulas(stream: BinaryIO) -> bool:
    with zipfile.ZipFile(stream) as parts:
        for name in parts.namelist():
            if not name.startswith("xl/worksheets/"):
                continue
            with parts.open(name) as part:
                end = b""
                while block := part.read(2**20):
                    if _FORMULA.search(end + block):
                        return True
                    end = block[-20:]
    return False


def cell_text(value: Any) -> str | None:
    """A cell as text: dates as ISO, whole numbers without a point."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(" ")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
