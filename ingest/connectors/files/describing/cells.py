"""The records of a file as the connector lands them: cell by cell, instead of as lines of COPY."""

from collections.abc import Iterator

from ingest.connectors.files.csv import CsvReader
from ingest.connectors.files.packed import BROKEN, damaged
from ingest.connectors.files.reader import Reader
from ingest.raw.copy_text import plain

Record = tuple[list[str | None], str]
_WITHOUT = 3  # backslashes in a line of COPY in which no cell is NULL or holds one


def records(reader: Reader, name: str) -> Iterator[Record]:
    """The cells of each record, and the reason where it can't be read. Raises WeirError for a damaged file."""
    try:
        yield from reader.cells() if isinstance(reader, CsvReader) else _of_lines(reader, name)
    except BROKEN:
        raise damaged(name) from None


def _of_lines(reader: Reader, name: str) -> Iterator[Record]:
    width = len(reader.columns)
    for line in reader.lines(name, ""):
        text = line if isinstance(line, str) else line.decode()
        parts = text.split("\t")
        cells: list[str | None] = list(parts[:width])
        if text.count("\\") > _WITHOUT:
            cells = list(map(plain, parts[:width]))
        yield cells, plain(parts[width + 3]) or ""
