"""Workbooks (XLSX): measures the parts of a workbook, then opens it.

In: the file. Out: openpyxl's workbook with values, and one with formulas where there are any; texts stay as the file
has them. A workbook that would fill the memory, or that has no readable sheet, is one clear error.
"""

import re
import zipfile
from typing import Any, BinaryIO

from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from ingest.connectors.files.reader import LARGE, MB
from weir.core.errors import WeirError

ELEMENTS = 20_000_000  # the most tags of a part that is read whole: some 2 GB in memory
TAG = 200  # bytes of memory counted for each tag of a row
_FORMULA = re.compile(rb"<(\w{1,9}:)?f[ />]")
_ROW_END = re.compile(rb"</(?:\w{1,20}:)?row\s*>")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


class _Excel(ExcelReader):
    """openpyxl's reader without its decoding of some escapes: texts stay as they are in the file."""

    def read_strings(self) -> None:
        """Read the texts that the sheets share."""
        part = self.package.find(SHARED_STRINGS)
        if part is None or self.shared_strings:
            return
        with self.archive.open(part.PartName[1:]) as source:
            for _, node in iterparse(source):
                if node.tag == f"{{{SHEET_MAIN_NS}}}si":
                    found: Any = Text.from_tree(node)
                    self.shared_strings.append(found.content)
                    node.clear()

    def read_chartsheet(self, sheet: Any, rel: Any) -> None:
        """Skip the chart sheet: it holds no rows, and openpyxl can't read every one."""


def open_books(stream: BinaryIO, name: str, most: int) -> tuple[Any, Any]:
    """The workbook with values, and the workbook with formulas (None where there are none). Raises WeirError."""
    try:
        formulas = _measured(stream, name, most)
        read = _Excel(stream, read_only=True, data_only=True, keep_links=False)
        read.read()
        written = None
        if formulas:
            written = _Excel(stream, read_only=True, keep_links=False)
            written.shared_strings = read.shared_strings
            written.read()
    except WeirError:
        raise
    except Exception as fault:
        raise WeirError(f"{name} can't be read as XLSX ({_why(stream, fault)}): replace or move it") from None
    if not read.wb.worksheets:
        raise WeirError(f"{name} has no sheet that can be read ({_kind(stream)}): open it in a spreadsheet program and "
                        "save it as “Excel Workbook (.xlsx)”")  # fmt: skip
    return read.wb, written.wb if written else None


def text(value: str) -> str:
    """The text that a person sees: Excel writes some characters as _x000D_, and a bare underscore there as _x005F_."""
    if "_x" not in value:
        return value
    found = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), value)
    return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")  # joins surrogate pairs


def _measured(stream: BinaryIO, name: str, most: int) -> bool:
    """Whether any sheet holds formulas. Raises WeirError for a part, or a row, that unpacks to more than `most`."""
    found = False
    with zipfile.ZipFile(stream) as parts:
        for info in parts.infolist():
            if not info.filename.endswith((".xml", ".rels")):
                continue
            sheet = info.filename.startswith("xl/worksheets/")
            if not sheet and info.file_size > most:
                raise _too_large(name, info.filename, most)
            with parts.open(info) as part:
                found = _scan(part, name, info.filename, sheet, most) or found
    return found


def _scan(part: Any, name: str, called: str, sheet: bool, most: int) -> bool:
    """Measure one part; returns whether it is a sheet with formulas. Of a sheet one row is in memory at a time."""
    end, weight, tags, found, plain = b"", 0, 0, False, True
    while block := part.read(LARGE):
        if b"<!DOCTYPE" in end + block or b"<!ENTITY" in end + block:
            raise WeirError(f"{name} can't be read as XLSX ({called} defines entities): replace or move it")
        plain = plain and b"<![CDATA[" not in end + block  # in CDATA text may look like the end of a row
        found = found or (sheet and bool(_FORMULA.search(end + block)))
        tags += block.count(b"<")
        weight += len(block) + TAG * block.count(b"<")
        if sheet and plain and _ROW_END.search(end + block):
            weight = 0
        if (sheet and weight > most) or (not sheet and tags > ELEMENTS):
            raise _too_large(name, called, most)
        end = block[-30:]
    return found


def _too_large(name: str, part: str, most: int) -> WeirError:
    what = "a row of its part" if part.startswith("xl/worksheets/") else "its part"
    return WeirError(f"{name}: {what} {part} takes more than {most // MB} MB when it is unpacked: replace or move it "
                     "(largest_line_mb in `format` says how much it may take)")  # fmt: skip


def _why(stream: BinaryIO, fault: Exception) -> str:
    stream.seek(0)
    if stream.read(4) == b"\xd0\xcf\x11\xe0":
        return "it has a password, or is an old .xls: save it as .xlsx without one"
    return type(fault).__name__


def _kind(stream: BinaryIO) -> str:
    """The reason why a workbook has no readable sheet."""
    with zipfile.ZipFile(stream) as parts:
        if "xl/workbook.bin" in parts.namelist():
            return "it is an .xlsb"
        book = parts.read("xl/workbook.xml") if "xl/workbook.xml" in parts.namelist() else b""
    return "it is saved as Strict Open XML" if b"purl.oclc.org" in book else "it has charts only, or none"
