"""The dictionary of an export: what each column is, in the words of dbt's YAML, and where the rows come from.

In: the columns, what the format did with them, facts of the export. Out: a Markdown file beside the data, and a sheet
of an XLSX. The descriptions are the comments that publication keeps on the marts, so they are those of the rows.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from weir.access.exports.columns import Column
from weir.access.exports.work import Written

SUFFIX = ".dictionary.md"
SHEET = "Dictionary"
_HEAD = ("column", "type", "description", "personal", "note")


def lines(columns: Sequence[Column], written: Written) -> list[tuple[str, ...]]:
    """The rows of the dictionary, a header first; columns that hold nothing are left out."""
    rows = [
        (
            column.name,
            written.types.get(column.name, column.type),
            column.description,
            column.personal,
            written.notes.get(column.name, ""),
        )
        for column in columns
    ]
    kept = [n for n in range(len(_HEAD)) if n < 3 or any(row[n] for row in rows)]
    return [tuple(row[n] for n in kept) for row in [_HEAD, *rows]]


def write(path: Path, title: str, facts: Mapping[str, str], columns: Sequence[Column], written: Written) -> None:
    """Write the file of Markdown."""
    head, *rows = lines(columns, written)
    parts = [f"# {_cell(title)}", "", *(f"- {name}: {_cell(value)}" for name, value in facts.items() if value), ""]
    parts += ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    parts += ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


def add_sheet(book: Any, facts: Mapping[str, str], columns: Sequence[Column], written: Written) -> None:
    """Add the dictionary to a workbook as its last sheet."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils.escape import escape

    sheet = book.create_sheet(SHEET)

    def cells(row: Sequence[str]) -> list[Any]:
        made = [WriteOnlyCell(sheet, escape(text)[:32_767]) for text in row]
        for cell in made:
            cell.data_type = "s"
        return made

    for row in [*lines(columns, written), (), *((name, value) for name, value in facts.items() if value)]:
        sheet.append(cells(row))


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
