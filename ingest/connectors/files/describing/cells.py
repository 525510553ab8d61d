"""The records of a file as the connector lands them: cell by cell, instead of as lines of COPY."""

import re
from collections.abc import Iterator

from ingest.connectors.files.packed import sound
from ingest.connectors.files.reader import Reader

_PLAIN = {"t": "\t", "n": "\n", "r": "\r"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def records(reader: Reader, name: str) -> Iterator[tuple[list[str | None], str]]:
    """The cells of each record, and the reason where it can't be read. Raises WeirError for a damaged file."""
    width = len(reader.columns)
    for line in sound(reader.lines(name, ""), name):
        text = line if isinstance(line, str) else line.decode()
        parts = text.split("\t")
        cells = [None if part == "\\N" else _plain(part) for part in parts[:width]]
        yield cells, "" if parts[width + 3] == "\\N" else parts[width + 3]


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda match: _PLAIN.get(match[1], match[1]), text) if "\\" in text else text
