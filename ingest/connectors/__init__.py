"""One module per kind of source; the scheme of the source's URL picks it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

from ingest.raw.columns import Column
from ingest.raw.table import Raw
from weir.core.errors import WeirError
from weir.core.settings import env_url
from weir.project.names import shortened
from weir.project.sources import Source, Table

Progress = Callable[[int, int], None]  # rows and bytes so far
State = dict[str, Any]


class Connector(Protocol):
    """What a kind of source can do."""

    def land(self, table: Table, raw: Raw, state: State, full: bool, progress: Progress) -> tuple[State, State]:
        """Write what is new into raw; returns the facts of the receipt and the table's next state."""

    def whole(self, table: Table, raw: Raw, state: State) -> tuple[list[str], str]:
        """Read the whole table into the temporary table `incoming`; returns its key and its promise."""

    def close(self) -> None:
        """Let the source go."""


_MODULES = {
    "postgresql": "postgres", "postgres": "postgres", "file": "files", "s3": "files", "gs": "files", "gcs": "files",
    "az": "files", "abfs": "files", "memory": "files", "http": "rest", "https": "rest",
    "mysql": "mysql", "mariadb": "mysql", "mongodb": "mongodb",
}  # fmt: skip


def module_of(source: Source) -> str:
    """The name of the connector's module. Raises WeirError when the URL is unset or its kind unknown."""
    scheme = urlsplit(env_url(source.connection)).scheme.lower().split("+")[0]
    return _MODULES.get(scheme, "sql")


@contextmanager
def open_connector(source: Source, loop: asyncio.AbstractEventLoop) -> Iterator[Connector]:
    """The source's connector, opened and in the end closed."""
    from importlib import import_module

    kind = import_module(f"ingest.connectors.{module_of(source)}")
    connector: Connector = kind.Connector(source, env_url(source.connection), loop)
    try:
        yield connector
    finally:
        connector.close()


def check_columns(table: Table, found: list[str], told: str = "") -> None:
    """Raise WeirError when the key, the cursor or an excluded column is not at the source; `told` says what is."""
    wanted = [("key", name) for name in table.key] + [("exclude", name) for name in table.exclude]
    wanted += [("cursor", table.cursor)] if table.cursor else []
    for what, name in wanted:
        if name not in found and shortened(name) not in found:
            told = told or "it has: " + ", ".join(found[:12]) + (" …" if len(found) > 12 else "")
            raise WeirError(f"{what} names column {name!r}, which is not at the source; {told}")


def compare(raw: Raw, key: list[str], columns: list[Column], source_rows: int) -> State:
    """Append the differences between `incoming`, the whole source, and raw; returns the facts."""
    upserts, deleted = raw.insert_changes(key)
    return {"how": "compare", "extracted": source_rows, "landed": upserts + deleted, "deleted": deleted,
            "source_rows": source_rows}  # fmt: skip


def keyed_by_content(raw: Raw) -> None:
    """Give the rows of `incoming` their `_key`: the digest of the row and its occurrence."""
    from ingest.raw.columns import listed

    names = listed([c.name for c in raw.columns if c.name != "_key"])
    raw.wire.execute(
        "update incoming i set _key = k.k from (select ctid as c, md5(row(" + names + ")::text) || '-' || "
        "row_number() over (partition by md5(row(" + names + ")::text)) as k from incoming) k where i.ctid = k.c"
    )
