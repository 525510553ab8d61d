"""The destination: dlt's own for PostgreSQL, whose load jobs read the source and stream into the warehouse.

In: a load package whose job files are windows (tiny, `{"run": …, "table": …, "job": …}`). Out: per job, rows,
receipt and state of one table, committed together in `ops.landings` under (load id, job); a job that runs again
finds its receipt and does nothing. dlt keeps the packages, its own `_dlt_…` tables and the retries; the tables of
raw are made by the job, in its transaction. Built on dlt 1.31; tests/ingest/test_destination.py names each hook.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlt.common.destination.client import HasFollowupJobs, RunnableLoadJob
from dlt.destinations.exceptions import DestinationTerminalException
from dlt.destinations.impl.postgres.factory import postgres
from dlt.destinations.impl.postgres.postgres import PostgresClient

from ingest.connectors import open_connector
from ingest.faults import plain
from ingest.plan import Source, Table
from ingest.raw import Raw
from ingest.results import TableEvent
from ingest.wire import wired

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


RUNS: dict[str, Run] = {}


def land_table(run: Run, table: Table, load_id: str, job: str) -> TableEvent:
    """Land one table in one transaction; returns its event, done or failed. Never raises for a fault of the source."""
    begun = time.monotonic()
    event = TableEvent(run.source.name, table.name, "started", started_at=datetime.now(UTC))
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
        with wired(run.warehouse, "weir land") as wire:
            raw = Raw(wire, run.source.name, table.name, load_id)
            found = raw.begin(job)
            if found is None:
                before = raw.state()
                with open_connector(run.source, wire.loop) as connector:
                    facts, state = connector.land(table, raw, before, run.full, progress)
                facts["seconds"] = time.monotonic() - begun
                # the newest state that a receipt holds is the table's: it is not written again where it has not moved
                raw.receipt(job, run.run_id, run.as_of, facts, state if state != before else None)
                wire.execute("commit")
                found = facts
        event.extracted, event.landed, event.deleted = found["extracted"], found["landed"], found["deleted"]
        event.drift = found.get("drift") or ""
        event.how, event.bytes, event.rows = found["how"], found.get("bytes") or 0, found["extracted"]
        event.state = "done"
    except Exception as fault:
        event.state, event.message = "failed", plain(fault, run.source, table, wire is not None and wire.lost)
    event.seconds, event.ended_at = time.monotonic() - begun, datetime.now(UTC)
    run.done[table.name] = event
    run.report(event)
    return event


class WindowJob(RunnableLoadJob, HasFollowupJobs):
    """A load job that lands the window its file names."""

    def run(self) -> None:
        """Land; a failure is final for this package, for the flow repeats what is safe to repeat."""
        window = json.loads(Path(self._file_path).read_text())
        run = RUNS[window["run"]]
        table = next(table for table in run.source.tables if table.name == window["table"])
        event = land_table(run, table, self._load_id, window["job"])
        if event.state == "failed":
            raise DestinationTerminalException(event.message)


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


class warehouse(postgres):
    """dlt's postgres destination with our client."""

    def capabilities(self, config: Any = None, naming: Any = None) -> Any:
        """dlt's own; without resolving the configuration anew at each of its hundred questions."""
        return super().capabilities(config or self.spec(), naming)

    @property
    def client_class(self) -> type[WindowClient]:
        """The class that runs the jobs."""
        return WindowClient


warehouse.register()
