"""A fault as a run, a command or the watchdog found it: what incidents are made of.

An *area* is what must be looked at again to know whether a fault is healed: "land billing", "land billing.invoices",
"gate raw app", "build", "gate marts", "publish", "marts", "balance app.users", "run", "schedule", "warehouse" …
"""

from dataclasses import dataclass, field
from datetime import datetime

from weir.core.causes import Cause


@dataclass(frozen=True)
class Fault:
    """One fault: its cause, where it was found, what it is about.

    `nodes` are the names in dbt's graph at which the harm begins: sources, "source.table", models, marts; nothing means
    that no mart is touched. `lines` are what was said of it, in the words of the command, without personal values.
    """

    cause: Cause
    area: str
    subject: str
    lines: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    rows: int | None = None
    since: datetime | None = None
    accept: tuple[str, ...] = ()  # ids of failed checks, for --accept


@dataclass
class Looked:
    """What was looked at, and the faults found there. An open incident of an area closes where its fault is gone."""

    areas: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def add(self, area: str, *faults: Fault) -> None:
        """Note that the area was looked at, and the faults that were found there."""
        self.areas.add(area)
        self.faults.extend(faults)
