"""A company with six real sources, and runs of it with warm processes: the steps of the flow, without Prefect's frame.

In: faults that a test makes by hand at its servers, files, warehouse and project. Out: rows of `ops.incidents`.
"""

import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
from prefect.logging import disable_run_logger
from psycopg.rows import dict_row

from expectations.worker import Worker
from flows import after, crashed, steps
from flows.run import Run
from tests.incidents.library.project import FILES
from tests.servers import mariadb, postgres
from tests.servers.api import api
from weir.core.settings import ROOT
from weir.dbt.worker import DbtProcess
from weir.ledger import runs
from weir.warehouse.run_lock import run_lock

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
ROWS = 200


class Quick(Run):
    """A run with processes that are warm already, and that Prefect knows nothing of."""

    def __init__(self, company: "Warm", as_of: datetime, accept: list[str]) -> None:
        Worker._waiting = company.worker
        super().__init__(str(uuid.uuid4()), as_of, None, None, False, False, accept, False)
        self.reporter: Any = Silent()
        self._dbt = company.dbt

    def __enter__(self) -> "Quick":
        self._lock.enter_context(run_lock(False))
        self.crashed = crashed.mark_crashed()
        runs.begin(self.run_id, self.as_of, {})
        return self

    def _end_processes(self) -> None:
        """Leave the processes to the next run."""


class Warm(Protocol):
    """Something whose runs share two processes."""

    worker: Worker
    dbt: DbtProcess


def go(company: Warm, as_of: datetime, accept: tuple[str, ...] = ()) -> BaseException | None:
    """One run, with its end; returns what ended it."""
    ended: BaseException | None = None
    made = Quick(company, as_of, list(accept))
    try:
        with disable_run_logger(), made:
            after.began(made)
            try:
                steps.land.fn(made)
            except Exception:
                if not made.down:
                    raise
            for step in (steps.gate_raw, steps.build, steps.gate_marts, steps.publish, steps.balance):
                step.fn(made)
            made.finish()
    except Exception as fault:
        ended = fault
    after.ended(made, ended)
    return ended


class Silent:
    """Takes what is told to Prefect."""

    def started(self, *_: Any, **__: Any) -> None:
        """Take that something began."""

    ended = crash_open = started

    def close(self, *_: Any) -> bool:
        """Whether all was taken."""
        return True


class Company:
    """The project in a folder, its sources, its warehouse, its warm processes."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, held: ExitStack) -> None:
        self.folder, self.patch, self.as_of, self.last = folder, patch, AS_OF, ROWS
        self.project, self.url = folder / "project", os.environ["WAREHOUSE_URL"]
        for name, text in FILES.items():
            self.write(name, text)
        self.write("profiles.yml", (ROOT / "profiles.yml").read_text())
        (folder / "leads").mkdir()
        self.app = held.enter_context(postgres.postgres())
        self.legacy = held.enter_context(mariadb.mariadb())
        self.status: Any = 200
        self.tickets = [{"id": number, "state": "open"} for number in range(1, ROWS + 1)]
        self.desk = held.enter_context(api(self._answer))
        patch.setenv("WEIR_PROJECT_DIR", str(self.project))
        self.address()
        self._fill()
        self.worker = Worker()
        self.dbt = DbtProcess("library", AS_OF)
        held.callback(self.worker.end)
        held.callback(self.dbt.end)

    def address(self, **other: str) -> None:
        """Put the addresses of the sources into the environment; some of them may be others."""
        reader = f"postgresql://reader:{postgres.PASSWORD}@127.0.0.1:{self.app.port}/postgres"
        known = {
            "APP_URL": reader, "SHOP_URL": f"sqlite:///{self.folder / 'shop.db'}", "DESK_URL": self.desk.url,
            "LEADS_URL": f"file://{self.folder / 'leads'}", "LEGACY_URL": f"{self.legacy.url}/legacy",
        }  # fmt: skip
        for name, value in {**known, **other}.items():
            self.patch.setenv(name, value)

    def write(self, name: str, text: str) -> str:
        """Write a file of the project; returns what stood there."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text() if path.exists() else ""
        path.write_text(text)
        return before

    def sql(self, *statements: str) -> None:
        """Run statements in the application's database, as its owner."""
        with self.app.connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def shop(self, *statements: str) -> None:
        """Run statements in the shop's database."""
        with sqlite3.connect(self.folder / "shop.db") as connection:
            for statement in statements:
                connection.execute(statement)

    def mysql(self, *statements: str) -> None:
        """Run statements in the legacy database, as its owner."""
        with self.legacy.connect("legacy") as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def warehouse(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements in the warehouse, as its owner; returns the rows of the last one."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statements[0])
            for statement in statements[1:]:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def people(self, name: str, lines: list[str]) -> Path:
        """Drop a file of leads."""
        path = self.folder / "leads" / name
        path.write_text("\n".join(["email,name", *lines]) + "\n")
        return path

    def new_rows(self, number: int = 5) -> None:
        """New rows at every source."""
        first, self.last = self.last + 1, self.last + number
        series = f"generate_series({first}, {self.last}) i"
        self.sql(f"insert into accounts select i, 'account ' || i, 'basic' from {series}",
                 f"insert into users select i, i, 'u' || i || '@x.example' from {series}",
                 f"insert into notes select i, 'note' from {series}")  # fmt: skip
        numbers = range(first, self.last + 1)
        self.shop(*[f"insert into orders values ({n}, '10.00', '{self.as_of:%Y-%m-%dT%H:%M:%SZ}')" for n in numbers])
        self.mysql(*[f"insert into invoices values ({n}, 5)" for n in numbers])
        self.tickets += [{"id": n, "state": "open"} for n in numbers]
        self.people(f"{first}.csv", [f"p{n}@x.example,P" for n in numbers])

    def run(self, accept: tuple[str, ...] = ()) -> BaseException | None:
        """One run, with its end; returns what ended it."""
        return go(self, self.as_of, accept)

    def incidents(self, where: str = "closed_at is null") -> list[dict[str, Any]]:
        """Rows of `ops.incidents`, the oldest first."""
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            return connection.execute(f"select * from ops.incidents where {where} order by incident_id").fetchall()

    def _fill(self) -> None:
        series = f"generate_series(1, {ROWS}) i"
        self.sql("create table accounts (id bigint primary key, name text, plan text)",
                 "create table users (id bigint primary key, account_id bigint, email text)",
                 "create table notes (id bigint primary key, text text)",
                 f"create role reader login password '{postgres.PASSWORD}'",
                 "grant select on all tables in schema public to reader",
                 f"insert into accounts select i, 'account ' || i, 'basic' from {series}",
                 f"insert into users select i, i, 'u' || i || '@x.example' from {series}",
                 f"insert into notes select i, 'note' from {series}")  # fmt: skip
        self.shop("create table orders (id integer primary key, amount text, updated_at text)")
        self.shop(*[f"insert into orders values ({n}, '10.00', '2026-06-30T00:00:00Z')" for n in range(1, ROWS + 1)])
        self.legacy.database("legacy")
        self.mysql("create table invoices (id bigint primary key, total decimal(10, 2))")
        self.mysql(*[f"insert into invoices values ({n}, 5)" for n in range(1, ROWS + 1)])
        self.people("first.csv", [f"p{n}@x.example,P" for n in range(1, ROWS + 1)])

    def _answer(self, server: Any, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any], Any]:
        if callable(self.status):
            return self.status()
        if self.status != 200:
            return self.status, {}, {"error": "no"}
        return 200, {}, {"items": self.tickets}


@contextmanager
def company(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Company]:
    """The company, with two good runs behind it."""
    with ExitStack() as held:
        made = Company(folder, patch, held)
        for _ in range(2):
            fault = made.run()
            assert fault is None, fault
            made.new_rows()
        assert made.run() is None
        yield made


Act = Callable[[Company], None]
