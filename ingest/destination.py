"""The destination: dlt's own for PostgreSQL, whose load jobs read the source and stream into the warehouse.

In: a load package whose job files are windows (tiny, `{"run": …}`); each lands one waiting table of the source after
another. Out: per table, rows, receipt and state, committed together in `ops.landings` under (load id, table); what is
landed again under the same load finds its receipt and does nothing. dlt keeps the packages and its own `_dlt_…`
tables; the tables of raw are made by the job, in its transaction. Built on dlt 1.31; tests/ingest/test_destination.py
names each hook.
"""

import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from dlt.common.configuration import configspec
from dlt.common.destination.client import HasFollowupJobs, RunnableLoadJob
from dlt.destinations.exceptions import DestinationTerminalException
from dlt.destinations.impl.postgres.configuration import PostgresClientConfiguration, PostgresCredentials
from dlt.destinations.impl.postgres.factory import postgres
from dlt.destinations.impl.postgres.postgres import PostgresClient

from ingest.faults import crowded, plain
from ingest.lines import Lines
from ingest.raw.table import Raw
from ingest.results import TableEvent
from weir.project.sources import Source, Table

EVERY = 0.25  # seconds between two reports of progress


@dataclass
class Run:
    """What the jobs of one source's pipeline share."""

    source: Source
    warehouse: str
    run_id: str | None
    as_of: datetime
    full: bool
    report: Callable[[TableEvent], None]
    done: dict[str, TableEvent] = field(default_factory=dict)
    begun: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.waiting = deque(self.source.tables)
        self.jobs, self.turn = 0, Lock()  # jobs at work
        self.lines = Lines(self.source, self.warehouse)

    def next_table(self) -> Table | None:
        """A table that no job has taken yet; None when there is no more, and then the job ends."""
        with self.turn:
            if self.waiting:
                return self.waiting.popleft()
            self.jobs -= 1
            return None

    def give_back(self, table: Table) -> bool:
        """Leave the table to another job that is at work, and end this one; False where there is no other."""
        with self.turn:
            if self.jobs < 2:
                return False
            self.jobs -= 1
            self.waiting.appendleft(table)
            return True


RUNS: dict[str, Run] = {}


def land_table(run: Run, table: Table, load_id: str) -> TableEvent | None:
    """Land one table in one transaction; returns its event, done or failed. Never raises for a fault of the source.

    None where there was no connection free for it, and another job that has one lands it.
    """
    begun = time.monotonic()
    again, now = table.name in run.begun, datetime.now(UTC)
    event = TableEvent(run.source.name, table.name, "started", started_at=run.begun.setdefault(table.name, now))
    if not again:
        run.report(event)
    reported = begun

    def progress(rows: int, size: int) -> None:
        nonlocal reported
        event.rows, event.bytes = rows, size
        if time.monotonic() - reported > EVERY:
            reported = time.monotonic()
            event.state, event.seconds = "progress", reported - begun
            run.report(TableEvent(**event.__dict__))

    wire = None
    try:
        with run.lines.line() as line:
            wire = line.wire
            raw = Raw(wire, run.source.name, table.name, load_id)
            found = raw.begin(table.name)
            if found is None:
                facts, state = line.connector().land(table, raw, raw.state, run.full, progress)
                facts["seconds"] = time.monotonic() - begun
                # the newest state that a receipt holds is the table's: it is not written again where it has not moved
                raw.receipt(table.name, run.run_id, run.as_of, facts, state if state != raw.state else None)
                wire.execute("commit")
                found = facts
        event.extracted, event.landed, event.deleted = found["extracted"], found["landed"], found["deleted"]
        event.drift = found.get("drift") or ""
        event.how, event.bytes, event.rows = found["how"], found.get("bytes") or 0, found["extracted"]
        event.state = "done"
    except BaseException as fault:  # one that left a job would leave dlt waiting for it, for ever
        if crowded(fault) and run.give_back(table):
            return None
        event.state, event.message = "failed", plain(fault, run.source, table, wire is not None and wire.lost)
    event.seconds, event.ended_at = time.monotonic() - begun, datetime.now(UTC)
    run.done[table.name] = event
    run.report(event)
    return event


class WindowJob(RunnableLoadJob, HasFollowupJobs):
    """A load job that lands the tables that wait: dlt's own work for a job costs more than finding nothing new."""

    def run(self) -> None:
        """Land; a failure is final for this package, for the flow repeats what is safe to repeat."""
        run = RUNS[json.loads(Path(self._file_path).read_text())["run"]]
        failed = []
        with run.turn:
            run.jobs += 1
        while (table := run.next_table()) and (event := land_table(run, table, self._load_id)):
            failed += [event.message] if event.state == "failed" else []
        if failed:
            raise DestinationTerminalException(failed[0])


class WindowClient(PostgresClient):
    """dlt's client, which makes dlt's own tables only and runs windows."""

    def create_load_job(self, table: Any, file_path: str, load_id: str, restore: bool = False) -> Any:
        """A window for every file of ours; anything else as dlt does it."""
        if table["name"].startswith("_dlt"):
            return super().create_load_job(table, file_path, load_id, restore)
        return WindowJob(file_path)

    def _build_schema_update_sql(self, storage_tables: Any) -> Any:
        ours = [(name, columns) for name, columns in storage_tables if name.startswith("_dlt")]
        return super()._build_schema_update_sql(ours)


@configspec(init=False)
class Address(PostgresCredentials):
    """The warehouse's address as dlt wants it; dlt's own imports all of SQLAlchemy to take a URL apart."""

    def parse_native_representation(self, native_value: Any) -> None:
        """Take the URL apart."""
        parts = urlsplit(native_value)
        self.username, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.host, self.port = parts.hostname, parts.port or 5432
        self.database, self.query = unquote(parts.path.lstrip("/")), dict(parse_qsl(parts.query))

    def to_native_representation(self) -> str:
        """The URL, for psycopg2."""
        place = f"[{self.host}]" if ":" in self.host else self.host
        account = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}"
        query = urlencode({name: str(value) for name, value in self.get_query().items()})
        return f"postgresql://{account}@{place}:{self.port}/{quote(self.database, safe='')}?{query}"

    def __str__(self) -> str:
        return f"postgresql://{self.host}:{self.port}/{self.database}"


@configspec
class WarehouseConfiguration(PostgresClientConfiguration):
    """dlt's, with our address."""

    credentials: Address = None  # type: ignore[assignment]


class warehouse(postgres):
    """dlt's postgres destination with our client."""

    spec = WarehouseConfiguration  # type: ignore[assignment]

    def configuration(self, initial_config: Any, accept_partial: bool = False) -> Any:
        """dlt's own, resolved once per data set: it asks three times for each job."""
        known = self.__dict__.setdefault("_resolved", {})
        name = getattr(initial_config, "dataset_name", None)
        if accept_partial or name is None:
            return super().configuration(initial_config, accept_partial)
        if name not in known:
            known[name] = super().configuration(initial_config, accept_partial)
        return known[name]

    def capabilities(self, config: Any = None, naming: Any = None) -> Any:
        """dlt's own; without resolving the configuration anew at each of its hundred questions."""
        found = super().capabilities(config or self.spec(), naming)
        found.loader_file_format_selector = None  # type: ignore[assignment]  # it looks for a driver of Parquet, for every file anew
        return found

    @property
    def client_class(self) -> type[WindowClient]:
        """The class that runs the jobs."""
        return WindowClient


warehouse.register()
