"""The stores of product events: gzipped JSON lines, one file a day, or MongoDB if PRODUCT_URL names it."""

import gzip
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from demo.systems import drop_files
from weir.core.errors import WeirError
from weir.core.secrets import redact
from weir.core.settings import env_url


class Store(Protocol):
    """The functions that every store of events has."""

    holds_broken_lines: bool

    def clear(self) -> None:
        """Remove all events."""

    def write(self, date: str, lines: list[str]) -> None:
        """Write the events of a day."""

    def amend(self, date: str, changes: dict[str, str], more: Iterable[str] = ()) -> None:
        """Replace lines of a day (old to new), and add more."""


class Files:
    """A folder with a file for each day."""

    holds_broken_lines = True

    def __init__(self, root: Path) -> None:
        self.root = root

    def clear(self) -> None:
        """Remove all events."""
        drop_files.clear(self.root / "events", "*.jsonl.gz")

    def path(self, date: str) -> Path:
        """The file of the day."""
        return self.root / "events" / f"{date}.jsonl.gz"

    def write(self, date: str, lines: list[str]) -> None:
        """Write the events of a day; equal events give equal bytes."""
        buffer = io.BytesIO()
        with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=3, mtime=0) as file:
            file.write("".join(f"{line}\n" for line in lines).encode())
        drop_files.replace(self.path(date), buffer.getvalue())

    def lines(self, date: str) -> list[str]:
        """The events of a day."""
        return gzip.decompress(self.path(date).read_bytes()).decode().splitlines()

    def amend(self, date: str, changes: dict[str, str], more: Iterable[str] = ()) -> None:
        """Replace lines of a day (old to new), and add more."""
        self.write(date, [changes.get(line, line) for line in self.lines(date)] + list(more))


class Mongo:
    """The collection `events` of the database that the URL names."""

    holds_broken_lines = False

    def __init__(self, url: str) -> None:
        from pymongo import MongoClient

        name = urlsplit(url).path.strip("/") or "product"
        self.database: Any = MongoClient(url, serverSelectionTimeoutMS=5_000)[name]

    def clear(self) -> None:
        """Remove all events. Raises WeirError when the demo did not write them."""
        try:
            names = self.database.list_collection_names()
        except Exception as fault:
            raise WeirError(f"PRODUCT_URL can't be reached: {redact(fault)[:150]}; check it in .env") from None
        if "events" in names and "weir_demo" not in names:
            raise WeirError("PRODUCT_URL names a database with events that the demo did not make: name an empty one")
        self.database.events.drop()
        self.database.weir_demo.replace_one({"_id": "made"}, {"_id": "made"}, upsert=True)

    def write(self, date: str, lines: list[str]) -> None:
        """Write the events of a day."""
        for begin in range(0, len(lines), 5_000):
            self.database.events.insert_many([json.loads(line) for line in lines[begin : begin + 5_000]], ordered=False)

    def amend(self, date: str, changes: dict[str, str], more: Iterable[str] = ()) -> None:
        """Replace events of a day (old to new), and add more."""
        for line in [*changes.values(), *more]:
            document = json.loads(line)
            self.database.events.replace_one({"_id": document["_id"]}, document, upsert=True)


def open_store() -> Store:
    """The store that PRODUCT_URL names. Raises WeirError when it names none."""
    url = env_url("PRODUCT_URL")
    return Mongo(url) if url.startswith("mongodb") else Files(drop_files.folder("PRODUCT_URL"))
