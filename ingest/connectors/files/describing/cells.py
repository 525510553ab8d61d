"""The records of a file as the connector lands them: cell by cell, instead of as lines of COPY."""

from collections.abc import Iterator

from ingest.connectors.files.packed import sound
from ingest.connectors.files.reader import Reader
from ingest.raw.copy_text import plain


def records(reader: Reader, name: str) -> Iterator[tuple[list[str | None], str]]:
    """The cells of each record, and the reason where it can't be read. Raises WeirError for a damaged file."""
    width = len(reader.columns)
    for line in sound(reader.lines(name, ""), name):
        parts = (line if isinstance(line, str) else line.decode()).split("\t")
        yield list(map(plain, parts[:width])), plain(parts[width + 3]) or ""
