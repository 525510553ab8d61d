"""Where a person's values are found: in files, in the rows of SQLite databases, in the schemas of the warehouse.

In: the values (addresses, names, passwords). Out: the places that hold one of them, each with a value as an example.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]*\w")
_WORD = re.compile(r"[^\W_]+")

Query = Callable[[str], list[tuple]]


class Traces:
    """Finds the values in texts, in one pass over a text however many the values are."""

    def __init__(self, values: Iterable[str]) -> None:
        self.whole: set[str] = set()  # addresses
        self.by_first: dict[str, set[str]] = {}  # other values, by their first word
        for value in {value.lower() for value in values}:
            for written in {value, value.encode("ascii", "backslashreplace").decode(), quote(value)}:
                if _ADDRESS.fullmatch(written):
                    self.whole.add(written)
                elif first := _WORD.search(written):
                    self.by_first.setdefault(first[0], set()).add(written[first.start() :])

    def first_in(self, text: str) -> str:
        """A value that stands in the text, or nothing."""
        text = text.lower()
        for found in _ADDRESS.finditer(text) if "@" in text else ():
            if found[0] in self.whole:
                return found[0]
        for found in _WORD.finditer(text):
            for value in self.by_first.get(found[0], ()):
                if text.startswith(value, found.start()) and not text[found.start() + len(value) :][:1].isalnum():
                    return value
        return ""

    def in_files(self, folder: Path, *but: Path) -> dict[str, str]:
        """The files below the folder that hold a value, each with one; those below `but` are left out."""
        found = {}
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
            if any(path.is_relative_to(other) for other in but):
                continue
            texts = _rows_of(path) if path.suffix == ".db" else iter([path.read_bytes().decode("utf-8", "replace")])
            if value := next(filter(None, map(self.first_in, texts)), ""):
                found[str(path.relative_to(folder))] = value
        return found

    def in_warehouse(self, query: Query) -> dict[str, set[str]]:
        """The tables and views of each schema that hold a value."""
        found: dict[str, set[str]] = {}
        for schema, table in query(_RELATIONS):
            rows = query(f'select t::text from "{schema}"."{table}" as t')
            if any(self.first_in(row) for (row,) in rows):
                found.setdefault(schema, set()).add(table)
        return found


def _rows_of(database: Path) -> Iterator[str]:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            for row in connection.execute(f'select * from "{table}"'):
                yield " ".join(str(value) for value in row if value is not None)


_RELATIONS = """
select nspname, relname from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
where relkind in ('r', 'v', 'm', 'p') and nspname !~ '^pg_' and nspname <> 'information_schema' order by 1, 2"""
