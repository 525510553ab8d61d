"""A fault as a run, a command or the watchdog found it: what incidents are made of.

An *area* is what must be looked at again to know whether a fault is healed. Its first word is its kind:

- `land app` (the source as a whole), `land app tables` (several tables at once), `land app.users`
- `gate raw app`, `gate marts`
- `project`, `build model.weir.fct_orders` (a node of dbt's graph), `build marks`, `batches int_usage_daily`
- `publish`, `marts fct_orders`, `balance app.users`, `raw app.users`
- `step build` (a step that broke off), `run`, `schedule`, `hanging`, `warehouse`, `disk`, `alerts …`
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from weir.core.causes import Cause
from weir.incidents.downstream import EVERYTHING

# Causes that hold for the machine, wherever they are found: one incident, of one area.
OF_MACHINE = {Cause.DISK_FULL: "disk", Cause.WAREHOUSE_DOWN: "warehouse", Cause.WAREHOUSE_PASSWORD: "warehouse"}


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

    def joined(self, other: "Fault") -> "Fault":
        """The two faults of one place as one."""
        return replace(
            self,
            lines=_both(self.lines, other.lines),
            nodes=_both(self.nodes, other.nodes),
            tables=_both(self.tables, other.tables),
            accept=_both(self.accept, other.accept),
        )


def _both(ours: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*ours, *others]))


@dataclass
class Looked:
    """What was looked at, and the faults found there. An open incident of an area closes where its fault is gone.

    The area `build *` means all areas of that kind. `gone` says of an area that what it names is there no more: a table
    that is no longer declared, say.
    """

    areas: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    gone: Callable[[str], bool] = lambda area: False

    def add(self, area: str, *faults: Fault) -> None:
        """Note that the area was looked at, and the faults that were found there."""
        self.areas.add(area)
        self.faults.extend(faults)

    def find(
        self, area: str, cause: Cause, subject: str, lines: Sequence[str], nodes: Sequence[str],
        tables: Sequence[str] = (), accept: Sequence[str] = (), rows: int | None = None,
    ) -> None:  # fmt: skip
        """Add a fault; one of the machine goes to the machine's area, and touches every mart."""
        if cause in OF_MACHINE:
            area, subject, nodes, tables = OF_MACHINE[cause], OF_MACHINE[cause], [EVERYTHING], ()
        found = Fault(cause, area, subject, tuple(lines), tuple(nodes), tuple(tables), rows, accept=tuple(accept))
        self.add(area, found)

    def covers(self, area: str) -> bool:
        """Whether the area was looked at, or is there no more."""
        return area in self.areas or f"{area.split(' ')[0]} *" in self.areas or self.gone(area)

    def by_place(self) -> dict[tuple[str, str, str], Fault]:
        """The faults by cause, subject and area; several of one place are one fault."""
        found: dict[tuple[str, str, str], Fault] = {}
        for fault in self.faults:
            place = (fault.cause.value, fault.subject, fault.area)
            found[place] = found[place].joined(fault) if place in found else fault
        return found
