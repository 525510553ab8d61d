"""The manifest: lists the rows of the sources that are corrupt now. The tests' ground truth; Weir never reads it.

In: entries. Out: a CSV file with one line per source, table, key (as staging has it) and kind; `detail` holds the
values by which the demo mends the row.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from weir.core.settings import home

COLUMNS = ["source", "table", "key", "kind", "known", "detail"]
CHILDREN = {"child_of_quarantined", "child_of_held_back"}


@dataclass(frozen=True)
class Entry:
    """One corrupt row."""

    source: str
    table: str
    key: str
    kind: str
    known: str  # staging (rejected there) or intermediate (held back)
    detail: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)


def manifest_file() -> Path:
    """The manifest's file."""
    return home() / "demo" / "manifest.csv"


class Manifest:
    """The corrupt rows, in memory."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries = {self._id(entry): entry for entry in entries}

    def __iter__(self) -> Iterator[Entry]:
        return iter(sorted(self._entries.values(), key=self._id))

    @staticmethod
    def _id(entry: Entry) -> tuple[str, str, str, str]:
        return entry.source, entry.table, entry.key, entry.kind

    @classmethod
    def load(cls) -> "Manifest":
        """Read the manifest; it is empty where there is no file."""
        if not manifest_file().exists():
            return cls()
        with manifest_file().open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            return cls(Entry(**(row | {"detail": json.loads(row["detail"])})) for row in rows)  # type: ignore[arg-type]

    def save(self) -> None:
        """Write the manifest; equal entries give equal bytes."""
        manifest_file().parent.mkdir(parents=True, exist_ok=True)
        with manifest_file().open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for entry in self:
                detail = json.dumps(entry.detail, ensure_ascii=True, sort_keys=True)
                writer.writerow([entry.source, entry.table, entry.key, entry.kind, entry.known, detail])

    def add(self, entry: Entry) -> None:
        """Add an entry."""
        self._entries[self._id(entry)] = entry

    def drop(self, entries: Iterable[Entry]) -> None:
        """Remove entries."""
        for entry in list(entries):
            self._entries.pop(self._id(entry), None)

    def of(self, table: str, *kinds: str, known: str | None = None) -> list[Entry]:
        """The entries of a table, of all kinds or of those given."""
        return [
            entry
            for entry in self
            if entry.table == table and (not kinds or entry.kind in kinds) and known in (None, entry.known)
        ]

    def keys(self, table: str, *kinds: str, known: str | None = None) -> set[str]:
        """The keys of those entries."""
        return {entry.key for entry in self.of(table, *kinds, known=known)}

    def counts(self) -> dict[tuple[str, str], int]:
        """The number of rows by kind and by where Weir finds them."""
        result: dict[tuple[str, str], int] = {}
        for entry in self:
            result[entry.kind, entry.known] = result.get((entry.kind, entry.known), 0) + 1
        return result
