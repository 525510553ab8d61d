"""A warehouse with a lake in a folder, and a table of raw with receipts."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from weir import warehouse as weir_warehouse
from weir.spark.lake.opening import Lake, open_lake
from weir.spark.lake.raw import Sent, send_raw


class Lakeside:
    """The warehouse, its lake, and what tests do with both."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder

    def run(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            done = connection.execute(query.encode(), values or None)
            return done.fetchall() if done.description else []

    def landed(self, table: str, load: str, rows: int, job: str = "", source: str = "app") -> None:
        """Write a receipt."""
        self.run("insert into ops.landings (load_id, job, source, table_name, promise, how, extracted, landed, as_of) "
                 "values (%s, %s, %s, %s, 'exact', 'test', %s, %s, now())", load, job or table,
                 source, table, rows, rows)  # fmt: skip

    def make(self, table: str = "users", columns: str = "id bigint, name text", source: str = "app") -> None:
        """Make an empty table of raw."""
        self.run(f"create schema if not exists raw_{source}")
        self.run(f'create table raw_{source}."{table}" ({columns}, _dlt_load_id text not null, _op text not null '
                 "default 'upsert', _seq bigint generated always as identity)")  # fmt: skip

    def lake(self) -> Lake:
        with weir_warehouse.connect() as connection:
            return open_lake(connection)

    def send(self) -> Sent:
        return send_raw(self.lake())

    def files(self) -> list[str]:
        """The files of raw in the lake."""
        found = (path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())
        return sorted(name for name in found if name.startswith("raw_"))


@pytest.fixture
def lakeside(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lakeside:
    folder = tmp_path / "the läke, 5 m"
    folder.mkdir()
    monkeypatch.setenv("WEIR_LAKE", f"file://{quote(str(folder))}")
    return Lakeside(os.environ["WAREHOUSE_URL"], folder)


@pytest.fixture
def users(lakeside: Lakeside) -> Callable[..., None]:
    """A function that lands a load of raw_app.users."""
    lakeside.make()

    def land(load: str, *names: str | None) -> None:
        for number, name in enumerate(names):
            lakeside.run("insert into raw_app.users (id, name, _dlt_load_id) values (%s, %s, %s)", number, name, load)
        lakeside.landed("users", load, len(names))

    return land
