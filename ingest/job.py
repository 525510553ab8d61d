"""The job: one table is landed in one transaction."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock

from ingest.faults import crowded, plain
from ingest.raw.table import Raw
from ingest.results import TableEvent
from ingest.sessions import Lines
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
