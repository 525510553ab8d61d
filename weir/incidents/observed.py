"""Turns what a run or a command has found into faults: what was looked at, and what is wrong there.

In: results of landing, gates, build, publication and balance, as plain values. Out: areas and faults in a Looked.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from weir.core.causes import Cause
from weir.core.errors import cause_of
from weir.incidents.downstream import EVERYTHING
from weir.incidents.fault import Fault, Looked
from weir.ledger.equations import Line, equations

# Causes that hold for a source as a whole: its tables that failed for one of them are one incident.
OF_SOURCE = frozenset({
    Cause.SOURCE_UNREACHABLE, Cause.SOURCE_PASSWORD, Cause.SOURCE_NOT_THERE, Cause.SOURCE_ADDRESS,
    Cause.SOURCE_CERTIFICATE, Cause.SOURCE_BUSY, Cause.SOURCE_ERROR, Cause.SOURCE_LIMIT, Cause.SOURCE_FORBIDDEN,
    Cause.SOURCE_SLOW, Cause.SOURCE_LOCKED, Cause.LANDING_FAILED,
})  # fmt: skip
# Causes that hold for the machine, wherever they are found: one incident, of one area.
OF_MACHINE = {Cause.DISK_FULL: "disk", Cause.WAREHOUSE_DOWN: "warehouse", Cause.WAREHOUSE_PASSWORD: "warehouse"}


class Landed(Protocol):
    """The landing of one table: `state` is done or failed, `cause` why it failed."""

    source: str
    table: str
    state: str
    message: str
    cause: Cause


class LandedSource(Protocol):
    """The landing of one source; `cause` is why it failed as a whole, before any table."""

    source: str
    state: str
    message: str
    cause: Cause

    @property
    def tables(self) -> Sequence[Landed]:
        """Its tables that were tried."""


def landed(looked: Looked, results: Iterable[LandedSource]) -> None:
    """Take in the landing of sources: an incident for each source and cause, or for each table and cause."""
    for result in results:
        done = [event for event in result.tables if event.state == "done"]
        failed = [event for event in result.tables if event.state == "failed"]
        for event in done:
            looked.add(f"land {result.source}.{event.table}")
        if done or result.state == "landed":
            looked.add(f"land {result.source}")
        if result.state == "landed":
            continue
        if not failed:
            _add(looked, f"land {result.source}", result.cause, result.source, [result.message], [result.source], [])
        whole: dict[Cause, list[Landed]] = {}
        for event in failed:
            name = f"{result.source}.{event.table}"
            if event.cause in OF_SOURCE or event.cause in OF_MACHINE:
                whole.setdefault(event.cause, []).append(event)
            else:
                _add(looked, f"land {name}", event.cause, name, [event.message], [name], [name])
        for cause, events in whole.items():
            names = [f"{result.source}.{event.table}" for event in events]
            # Without any table the whole source is down, those that were never tried included.
            nodes = names if done else [result.source]
            lines = list(dict.fromkeys(event.message for event in events))
            _add(looked, f"land {result.source}", cause, result.source, lines, nodes, names)


def judged(looked: Looked, gates: Iterable[Mapping[str, Any]]) -> None:
    """Take in the verdicts of gates: an incident for each failed check that nobody accepted."""
    for gate in gates:
        raw = gate["gate"] == "raw"
        area = f"gate raw {gate['scope']}" if raw else "gate marts"
        looked.add(area)
        for failure in gate["failures"]:
            if failure["accepted"]:
                continue
            place = failure["id"].split(": ")[1:-1]
            subject = (f"{gate['scope']}.{place[0]}" if place else gate["scope"]) if raw else (place or ["marts"])[0]
            nodes = [subject] if raw or place else [EVERYTHING]
            cause = Cause(failure.get("cause") or (Cause.ARRIVALS_UNUSUAL if raw else Cause.MART_UNUSUAL))
            tables = [subject] if raw else []
            _add(looked, area, cause, subject, [failure["sentence"]], nodes, tables, accept=[failure["id"]])


def balanced(looked: Looked, lines: Sequence[Line]) -> None:
    """Take in the balance: an incident for each table of which an equation does not hold."""
    for line in lines:
        name = f"{line.source}.{line.table}"
        looked.add(f"balance {name}")
        broken = [equation for equation in equations([line]) if not equation.holds]
        if broken:
            raw = any(equation.name == "landed = in raw" for equation in broken)
            cause = Cause.RAW_EDITED if raw else Cause.BALANCE_BROKEN
            said = [equation.sentence for equation in broken]
            _add(looked, f"balance {name}", cause, name, said, [name], [name])


def broke_off(looked: Looked, step: str, fault: BaseException) -> None:
    """Take in the fault that ended a step, by the cause that it knows."""
    cause, subject = cause_of(fault)
    _add(looked, step, cause, subject or step, [str(fault)], [subject or EVERYTHING], [])


def _add(
    looked: Looked, area: str, cause: Cause, subject: str, lines: Sequence[str], nodes: Sequence[str],
    tables: Sequence[str], accept: Sequence[str] = (), rows: int | None = None,
) -> None:  # fmt: skip
    """Add a fault; one of the machine goes to the machine's area, and touches every mart."""
    if cause in OF_MACHINE:
        area, subject, nodes = OF_MACHINE[cause], OF_MACHINE[cause], [EVERYTHING]
    fault = Fault(cause, area, subject, tuple(lines), tuple(nodes), tuple(tables), rows, accept=tuple(accept))
    looked.add(area, fault)
