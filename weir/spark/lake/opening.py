"""The lake: one folder or bucket of Parquet files, by which the warehouse and Spark meet. It has one warehouse.

In: `WEIR_LAKE`. Out: a Lake. The file `weir-lake.json` in it says whose it is, by the server's identifier and the
database's name, and of how many erasures it was cleared (weir.spark.forgotten). Raw lies in
`raw_<source>/<table>/<load>.parquet`, small tables in `ops/<table>/<version>/`.
"""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import Any

import psycopg

from weir.core.env import load_env
from weir.core.errors import WeirError
from weir.core.settings import env_url
from weir.spark.lake.drafts import VARIABLE
from weir.spark.lake.store import Store, store_at

MARKER = "weir-lake.json"
_TAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Lake:
    """A lake and the warehouse that it belongs to, by the server's identifier and the database's name."""

    store: Store
    server: str
    database: str

    @property
    def owner(self) -> str:
        """A short mark of the warehouse, which Spark's tables over the lake bear."""
        return hashlib.sha256(f"{self.server}/{self.database}".encode()).hexdigest()[:16]

    def location(self, folder: str) -> str:
        """The address of a folder of the lake, as Spark takes it."""
        return f"{self.store.url}/{folder}"


def is_set() -> bool:
    """Whether there is to be a lake."""
    load_env()
    return bool((os.environ.get(VARIABLE) or "").strip())


def open_lake(connection: psycopg.Connection[Any]) -> Lake:
    """Open the lake of `WEIR_LAKE` for the warehouse of the connection; a new lake becomes this warehouse's.

    Raises WeirError, and writes nothing, where the lake is not there, can't be written, or is another warehouse's.
    """
    load_env()
    store = store_at(_address())
    row = connection.execute(
        "select system_identifier::text, current_database()::text from pg_control_system()"
    ).fetchone()
    assert row
    lake = Lake(store, *row)
    _claim(lake, connection)
    return lake


def cleared(lake: Lake) -> int:
    """How many erasures (`ops.erased`) there were when Spark's tables were last cleared of whoever was forgotten."""
    return int(json.loads(lake.store.read(MARKER) or b"{}").get("cleared", 0))


def note_cleared(lake: Lake, erased: int) -> None:
    """Write down that lake and tables were cleared of that many erasures."""
    with lake.store.draft(MARKER) as path:
        path.write_text(json.dumps({"server": lake.server, "database": lake.database, "cleared": erased}) + "\n")


def tame(name: str) -> str:
    """The name as a file or folder of the lake: letters, digits, `_`, `.` and `-`; else it ends in a digest."""
    if _TAME.fullmatch(name):
        return name
    return re.sub(r"[^A-Za-z0-9_-]", "_", name).lstrip("_") + "-" + hashlib.sha256(name.encode()).hexdigest()[:8]


def _address() -> str:
    if not is_set():
        raise WeirError(f"{VARIABLE} is not set: put the address of the lake in .env, such as file:///srv/lake")
    return env_url(VARIABLE)


def _claim(lake: Lake, connection: psycopg.Connection[Any]) -> None:
    """See that the lake is the warehouse's; a lake without a marker becomes so."""
    mine = {"server": lake.server, "database": lake.database}
    text = lake.store.read(MARKER)
    if text is None:
        note_cleared(lake, 0)
        return
    try:
        found = json.loads(text)
        theirs = {name: str(found[name]) for name in mine}
    except (ValueError, KeyError, TypeError):
        raise WeirError(f"{lake.store.url}/{MARKER} can't be read: another program wrote it; give {VARIABLE} a folder "
                        "of its own") from None  # fmt: skip
    if theirs != mine:
        only = connection.execute("select exists (select from ops.landings where in_lake and landed > 0)").fetchone()
        # what is nowhere else must not be deleted
        then = f"write {json.dumps(mine)} into its {MARKER}" if only == (True,) else "empty that one"
        raise WeirError(
            f"the lake {lake.store.url} belongs to another warehouse (database {theirs['database']}, server "
            f"{theirs['server']}): give {VARIABLE} a folder of its own, or {then} if this warehouse took the other's "
            "place"
        )
