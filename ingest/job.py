"""The landing of one table, in one transaction.

In: a Run, a table, the load's id. Out: rows, receipt and state in the warehouse, and a TableEvent.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from ingest.connectors.base import Connector, Progress
from ingest.faults import cause, crowded, one_line
from ingest.found import complete
from ingest.place import opened, require_place
from ingest.raw.table import Raw
from ingest.results import TableEvent
from ingest.sessions import Sessions
from weir.ledger.found import QUERY, tables_of
from weir.project.plan import Source, Table

EVERY = 0.25  # seconds between two reports of progress


@dataclass
class Run:
    """The state that the load jobs of one source share."""

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
        self.jobs, self.turn = 0, Lock()  # how many jobs are at work, and the lock for that number
        self.sessions = Sessions(self.source, self.warehouse)

    def complete(self) -> Source:
        """Add the tables that the source has, where it says which of them land; returns the source with all of them."""
        if self.source.choice:
            with self.sessions.take() as session:
                rows = session.wire.rows(QUERY.format("$1"), self.source.name)
                self.source = complete(self.source, session.connector(), tables_of(self.source, rows))
            self.waiting = deque(self.source.tables)
        return self.source

    def next_table(self) -> Table | None:
        """Take a table that no job has taken yet; None when there is none left, and then the job ends."""
        with self.turn:
            if self.waiting:
                return self.waiting.popleft()
            self.jobs -= 1
            return None

    def give_back(self, table: Table) -> bool:
        """Give the table back for another job that is at work, and end this job; False where no other is at work."""
        with self.turn:
            if self.jobs < 2:
                return False
            self.jobs -= 1
            self.waiting.appendleft(table)
            return True


# dlt hands a load job nothing but its file, and starts it in the same process: so the file holds a token, and the token
# is looked up here.
RUNS: dict[str, Run] = {}


def land_table(run: Run, table: Table, load_id: str) -> TableEvent | None:
    """Land one table in one transaction; returns its event, done or failed. A fault of the source is never raised.

    Returns None where the server had no connection free, and a job that has one lands the table.
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
        with run.sessions.take() as session:
            wire = session.wire
            with opened(wire, run.source.name, table, load_id) as raw:
                found = raw.begin(table.name)
                if found is None:
                    found = _land(run, table, raw, session.connector(), progress, begun)
        event.extracted, event.landed, event.deleted = found["extracted"], found["landed"], found["deleted"]
        event.drift = found.get("drift") or ""
        event.how, event.bytes, event.rows = found["how"], found.get("bytes") or 0, found["extracted"]
        event.state = "done"
    except BaseException as fault:  # dlt would wait for ever for a job that raises
        if crowded(fault) and run.give_back(table):
            return None
        lost = wire is not None and wire.lost
        event.state, event.message = "failed", one_line(fault, run.source, table, lost)
        event.cause = cause(fault, lost)
    event.seconds, event.ended_at = time.monotonic() - begun, datetime.now(UTC)
    run.done[table.name] = event
    run.report(event)
    return event


def _land(run: Run, table: Table, raw: Raw, connector: Connector, progress: Progress, begun: float) -> dict[str, Any]:
    """Land the table and commit; returns the facts of the receipt. Raises what the source or the warehouse raises."""
    require_place(table, raw, connector)
    facts, state = connector.land(table, raw, raw.state, run.full, progress)
    if table.found:
        state = state | {"found": table.as_found()}
    raw.settle_erased(table.key, facts)
    raw.finish(facts)
    facts["seconds"] = time.monotonic() - begun
    # the table's state is that of its newest receipt with one: a state that did not change is not written again
    raw.receipt(table.name, run.run_id, run.as_of, facts, state if state != raw.state else None)
    raw.wire.execute("commit")
    return facts
