"""A look at one file: its format, its columns, and what keeps it from being a table.

In: a file's name and bytes. Out: a Look for each table in it (a workbook has one for each sheet), or a WeirError that
says in one line why it is none.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

from ingest.connectors.base import META
from ingest.connectors.files.describing import dialects
from ingest.connectors.files.describing.cells import records
from ingest.connectors.files.describing.grouping import parted
from ingest.connectors.files.folder import Place
from ingest.connectors.files.formats import open_reader
from ingest.connectors.files.packed import BROKEN, opened
from ingest.connectors.files.reader import Reader
from ingest.raw.columns import Column
from ingest.raw.table import TAKEN
from weir.core.errors import WeirError
from weir.project.plan import Table

HEAD, TAIL, WHOLE = 1 << 18, 1 << 16, 8_000_000
KINDS = {"csv": "csv", "tsv": "csv", "txt": "csv", "tab": "csv", "psv": "csv", "dat": "csv", "log": "csv",
         "jsonl": "jsonl", "ndjson": "jsonl", "json": "json", "geojson": "json", "parquet": "parquet", "pq": "parquet",
         "xlsx": "xlsx", "xlsm": "xlsx"}  # fmt: skip
OTHERS = {
    "zip": "is an archive: unpack it", "7z": "is an archive: unpack it", "tar": "is an archive: unpack it",
    "tgz": "is an archive: unpack it", "bz2": "is packed by bzip2: unpack it, or pack it by gzip",
    "zst": "is packed by zstd: unpack it, or pack it by gzip", "xz": "is packed by xz: unpack it, or pack it by gzip",
    "xls": "is an old workbook: save it as .xlsx", "xlsb": "is a binary workbook: save it as .xlsx",
    "ods": "is a workbook of OpenDocument: save it as .xlsx", "avro": "is Avro, which Weir does not read",
    "orc": "is ORC, which Weir does not read", "xml": "is XML, which Weir does not read",
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """One table in a file."""

    settings: dict[str, Any]  # of `format`
    columns: list[Column]  # as they land
    documents: bool = False
    sheet: str = ""
    fault: str = ""  # why this sheet is no table
    keys: frozenset[str] = field(default_factory=frozenset)  # names, by which files are told to be alike
    ascii: bool = False  # of CSV: whether any encoding would do


def junk(name: str, size: int | None) -> str:
    """Why the file is no table, as its name and size say; empty where it may be one."""
    file = os.path.basename(name)
    ending = parted(file)[1].lower().removesuffix(".gz")
    if any(part.startswith(".") for part in name.split("/")):
        return "is hidden"
    if file.startswith("~$"):
        return "is the lock of an open workbook"
    if size is None:
        return "is a link that leaves the folder"
    if size == 0:
        return "is empty"
    if file.lower().split(".")[0] in ("readme", "license", "licence", "changelog", "source", "notice", "todo"):
        return "is a text for people"
    if file in ("_SUCCESS", "Thumbs.db", "desktop.ini") or file.startswith(("_committed", "_started", "_metadata")):
        return "is a program's own"
    if ending in KINDS:
        return ""
    return OTHERS.get(ending, f"is no table (.{ending})" if ending else "has no ending that names a format")


def look(place: Place, name: str, address: str) -> list[Look]:
    """The tables of the file. Raises WeirError where it holds none."""
    ending = parted(os.path.basename(name))[1].lower().removesuffix(".gz")
    kind = KINDS[ending]
    with place.fetched(address) as local, opened(local, name) as stream:
        try:
            if kind == "xlsx":
                return _sheets(stream, name)
            if kind == "parquet":
                return [_typed(stream, name)]
            head = stream.read(HEAD)
            stream.seek(0)
            said = {} if ending in ("jsonl", "ndjson", "json") else {"type": "jsonl"}
            if kind in ("json", "jsonl") or (ending in ("txt", "log", "dat") and _is_json(head)):
                return [_document(stream, name, said)]
            cut = head.rpartition(b"\n")[0] + b"\n" if len(head) == HEAD else head
            tail = _tail(stream, local) if len(head) == HEAD else head
        except BROKEN:
            raise WeirError("ends early or is damaged") from None
    by_name = {"tab": "tsv", "csv": "csv", "tsv": "tsv"}.get(ending, "")
    settings = dialects.prove(cut, tail, by_name)
    reader = open_reader(io.BytesIO(cut), table_of(settings), name)
    _readable(reader, name)
    plain = len(settings) == 1 and ending in ("csv", "tsv", "txt")
    return [Look({} if plain else settings, reader.columns, keys=_keys(reader.columns), ascii=cut.isascii())]


def table_of(settings: dict[str, Any]) -> Table:
    """A table that has this format."""
    return Table(name="t", format=settings or None)


@contextmanager
def reader_of(place: Place, name: str, address: str, settings: dict[str, Any]) -> Iterator[Reader]:
    """The connector's reader of the file. Raises WeirError."""
    try:
        with place.fetched(address) as local, opened(local, name) as stream:
            try:
                reader = open_reader(stream, table_of(settings), name)
            except BROKEN:
                raise WeirError(f"{name} ends early or is damaged") from None
            yield reader
    except OSError as fault:
        raise WeirError(f"{name} can't be read any more ({fault.strerror}): run again") from None


def _keys(columns: list[Column]) -> frozenset[str]:
    """The columns' names in small letters. Raises WeirError where raw can't have them beside each other."""
    seen = set[str]()
    for name in (column.name for column in columns):
        if name in TAKEN or name in {each.name for each in META}:
            raise WeirError(f"column {name!r} has a name that raw keeps for itself: rename it")
        if name.lower() in seen:
            raise WeirError(f"two columns are called {name.lower()!r}, in large and small letters: rename one")
        seen.add(name.lower())
    return frozenset(column.name.lower() for column in columns)


def _readable(reader: Reader, name: str) -> list[list[str | None]]:
    """The first records. Raises WeirError where most of them can't be read."""
    found = list(islice(records(reader, name), 1000))
    if found and sum(1 for _, fault in found if fault) * 2 > len(found):
        raise WeirError(f"most of its lines can't be read: {reader.first_fault}")
    return [cells for cells, fault in found if not fault]


def _tail(stream: BinaryIO, local: str) -> bytes:
    """The last lines of a file; nothing where it is packed and large."""
    if not isinstance(stream, io.BufferedReader) or isinstance(stream.raw, io.FileIO):
        stream.seek(max(os.path.getsize(local) - TAIL, HEAD))
        return stream.read().partition(b"\n")[2]
    rest = stream.read(WHOLE)
    return rest[-TAIL:].partition(b"\n")[2] if len(rest) < WHOLE else b""


def _is_json(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"[")


def _document(stream: BinaryIO, name: str, settings: dict[str, Any]) -> Look:
    import orjson

    reader = open_reader(stream, table_of(settings or {"type": "jsonl"}), name)
    try:
        rows = _readable(reader, name)
    except WeirError as fault:
        raise WeirError(str(fault).removeprefix(f"{name} ")) from None
    if not rows:
        raise WeirError("holds no document")
    keys = frozenset(key for (text,) in rows[:100] if text for key in orjson.loads(text))
    return Look(settings, reader.columns, documents=True, keys=keys)


def _typed(stream: BinaryIO, name: str) -> Look:
    try:
        reader = open_reader(stream, table_of({"type": "parquet"}), name)
    except WeirError as fault:
        raise WeirError(str(fault).removeprefix(f"{name} ").removeprefix(f"{name}: ")) from None
    return Look({}, reader.columns, keys=_keys(reader.columns))


def _sheets(stream: BinaryIO, name: str) -> list[Look]:
    from ingest.connectors.files.workbook import open_books

    book, _ = open_books(stream, name, WHOLE * 30)
    shown = [each.title for each in book.worksheets if each.sheet_state == "visible"]
    looks = []
    for title in shown or [book.worksheets[0].title]:
        settings = {"type": "xlsx", "sheet": title}
        stream.seek(0)
        try:
            reader = open_reader(stream, table_of(settings), name)
            keys = _keys(reader.columns)
            _refuse_titled([column.name for column in reader.columns], dict(islice(_cells(reader, name), 40)))
        except WeirError as fault:
            looks.append(Look(settings, [], sheet=title, fault=str(fault).removeprefix(name).lstrip(": ")))
            continue
        settings = settings if len(shown) > 1 else {}
        looks.append(Look(settings, reader.columns, sheet=title, keys=keys))
    hidden = [each.title for each in book.worksheets if each.sheet_state != "visible"]
    return looks + [Look({}, [], sheet=title, fault="the sheet is hidden") for title in hidden if shown]


def _cells(reader: Reader, name: str) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each row, also of one that has more than the header."""
    for line in reader.lines(name, ""):
        text = line if isinstance(line, str) else line.decode()
        parts = text.split("\t")
        width = len(reader.columns)
        error = parts[width + 3].startswith("wrong column count")
        cells = parts[width + 2].split("\\t") if error else ["" if p == "\\N" else p for p in parts[:width]]
        yield int(parts[width + 1]), cells


def _refuse_titled(names: list[str], rows: dict[int, list[str]]) -> None:
    """Raise WeirError where the first row is a title, or none: the column names stand further below."""
    given = [name for name in names if not name.startswith("column_")]
    filled = {at: sum(map(bool, row)) for at, row in rows.items()}
    if not filled:
        raise WeirError("holds no row beneath its column names")
    usual = sorted(filled.values())[len(filled) // 2]
    if len(given) * 2 <= usual or (len(given) == 1 and max(map(len, rows.values())) > 1):
        at = next((at for at, count in filled.items() if count * 2 > usual), 2)
        raise WeirError(f"its first row is a title, and the column names seem to stand in row {at}: delete what stands "
                        "above them")  # fmt: skip
    if dialects.headless(given):
        raise WeirError("its first row holds values and no column names: put a header above them")
