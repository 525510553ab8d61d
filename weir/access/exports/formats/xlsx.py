"""XLSX by openpyxl, row by row: numbers, dates and booleans as a sheet's own, everything else as text.

A sheet holds 15 digits of a number, milliseconds, no time zone, and no date before 1900-03-01: a value beyond that is
written as text, whole, and the dictionary says how many of a column are. Text is never a formula.
"""

import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from weir.access.exports.work import Work, Written, quoted
from weir.core.errors import WeirError

ROWS = 1_048_576  # of a sheet, the header among them
LONGEST = 32_767  # characters of a cell
WIDEST = 16_384  # columns
SHEET = "Data"
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\r\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_FIRST = date(1900, 3, 1)  # before it Excel counts a day that there was not


def write(work: Work) -> Written:
    """Make the workbook with its sheet of data; it is saved when the dictionary's sheet is in it.

    Raises WeirError at a limit of the format.
    """
    from openpyxl import Workbook

    return add(Workbook(write_only=True), SHEET, work)


def add(book: Any, title: str, work: Work) -> Written:
    """Add a sheet of data to a workbook. Raises WeirError at a limit of the format."""
    from openpyxl.cell import WriteOnlyCell

    _refuse_large(work)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    as_text: Counter[str] = Counter()

    def text_cell(text: str) -> Any:
        cell = WriteOnlyCell(sheet, _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", text))
        cell.data_type = "s"  # openpyxl would take "=1+1" for a formula, and "#N/A" for an error
        return cell

    try:
        _fill(work, sheet, text_cell, as_text)
    except BaseException:
        _drop(sheet)
        raise
    notes = {
        name: f"values as text: {count:,}, for a sheet can't hold them" for name, count in as_text.items() if count
    }
    notes |= {column.name: "text, with its zone" for column in work.columns if column.kind == "moment"}
    types = {column.name: f"{_TOLD.get(column.kind, 'text')} ({column.type})" for column in work.columns}
    return Written(types, notes, workbook=book)


def _fill(work: Work, sheet: Any, text_cell: Callable[[str], Any], as_text: Counter[str]) -> None:
    from openpyxl.cell import WriteOnlyCell

    sheet.append([text_cell(column.name) for column in work.columns])
    makers = [(column.name, _VALUES.get(column.kind)) for column in work.columns]
    number = 1
    for block in work.copied([quoted(column.name) for column in work.columns], "text"):
        for line in block.decode().split("\n")[:-1]:
            number += 1
            cells: list[Any] = []
            for (name, make), field in zip(makers, line.split("\t"), strict=True):
                if field == "\\N":
                    cells.append(None)
                    continue
                value = make(field) if make else None
                if value is None:
                    text = _plain(field)
                    if len(text) > LONGEST:
                        raise WeirError(
                            f"row {number} has a text of {len(text):,} characters in {name}, and a cell of a sheet "
                            f"holds {LONGEST:,}: export to .csv or .parquet instead"
                        )
                    as_text[name] += make is not None
                    value = text_cell(text)
                elif isinstance(value, datetime):
                    cell = WriteOnlyCell(sheet, value)
                    cell.number_format = "yyyy-mm-dd hh:mm:ss" + (".000" if value.microsecond else "")
                    value = cell
                cells.append(value)
            sheet.append(cells)


def _drop(sheet: Any) -> None:
    """Remove the file in the system's temporary folder to which openpyxl writes the rows first."""
    with suppress(Exception):
        sheet.close()
    with suppress(Exception):
        sheet._writer.cleanup()


def _refuse_large(work: Work) -> None:
    if len(work.columns) > WIDEST:
        raise WeirError(f"a sheet holds {WIDEST:,} columns, and these are more: export to .csv or .parquet instead")
    query = f"select 1 from (\n{work.source.select}\n) as q limit {ROWS}".encode()
    row = work.source.connection.execute(b"select count(*) from (" + query + b") as n").fetchone()
    if row and row[0] >= ROWS:
        raise WeirError(
            f"there are more than {ROWS - 1:,} rows of {work.source.name}, and a sheet holds no more: export to .csv "
            "or .parquet, or fewer rows"
        )


def _plain(field: str) -> str:
    """The text of a field of COPY."""
    return re.sub(r"\\(.)", lambda found: _ESCAPES[found[1]], field) if "\\" in field else field


def _integer(text: str) -> int | None:
    return int(text) if len(text.lstrip("-")) <= 15 else None


def _decimal(text: str) -> Decimal | None:
    digits = (text.rstrip("0") if "." in text else text).lstrip("-0.").replace(".", "")
    return Decimal(text) if len(digits) <= 15 and text[-1].isdigit() else None


def _float(text: str) -> float | None:
    return float(text) if text[-1].isdigit() else None  # NaN and Infinity have no cell


def _boolean(text: str) -> bool:
    return text == "t"


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:  # infinity, BC, a year of five digits
        return None
    return found if found >= _FIRST else None


def _timestamp(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.date() >= _FIRST and not found.microsecond % 1000 else None


_VALUES: dict[str, Callable[[str], Any]] = {
    "integer": _integer, "numeric": _decimal, "float": _float, "boolean": _boolean, "date": _date,
    "timestamp": _timestamp,
}  # fmt: skip
_TOLD = {"integer": "number", "numeric": "number", "float": "number", "boolean": "boolean", "date": "date",
         "timestamp": "date and time"}  # fmt: skip
