"""Turns the verdicts of gates into faults: what was looked at, and what is wrong there.

In: verdicts, as `ops.gates` has them. Out: areas and faults in a Looked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any

from weir.core.causes import Cause
from weir.incidents.downstream import EVERYTHING, reaches
from weir.incidents.fault import Fault, Looked


def judged(looked: Looked, gates: Iterable[Mapping[str, Any]]) -> None:
    """Take in the verdicts of gates: an incident for each failed check that nobody accepted, and for each warning.

    What follows from rows that are rejected is none: new rows unlike those before, a mart that has too few. The
    incident of the rejected rows keeps what was said of it.
    """
    for gate in gates:
        raw = gate["gate"] == "raw"
        area = f"gate raw {gate['scope']}" if raw else "gate marts"
        looked.add(area)
        failed = {failure.get("item") for failure in gate["failures"] if not failure.get("warns")}
        for failure in gate["failures"]:
            item = failure.get("item") or ""
            # What fails for one reason may warn of the same: ten times the rows, and twice the table.
            if item in failed if failure.get("warns") else failure["accepted"]:
                continue
            subject = (f"{gate['scope']}.{item}" if item else gate["scope"]) if raw else item or "marts"
            cause = Cause(failure.get("cause") or (Cause.ARRIVALS_UNUSUAL if raw else Cause.MART_UNUSUAL))
            subject = gate["scope"] if cause is Cause.SOURCE_SILENT else subject
            # The whole source waits for one of its tables; a warning is about that table alone.
            begins = gate["scope"] if raw and not failure.get("warns") else subject
            nodes = [begins] if raw or item else [EVERYTHING]
            accept = [] if failure.get("warns") else [failure["id"]]
            tables = [subject] if raw and item else []
            looked.find(area, cause, subject, [failure["sentence"]], nodes, tables, accept, failure.get("rows"))
    _one_of_each_table(looked)
    _without_consequences(looked)


def _one_of_each_table(looked: Looked) -> None:
    """Join the failed checks of one table into one fault: they are one event, and one command accepts them all."""
    places: dict[tuple[str, str], list[Fault]] = {}
    for fault in looked.faults:
        if fault.accept and fault.area.startswith("gate raw "):
            places.setdefault((fault.area, fault.subject), []).append(fault)
    for alike in places.values():
        if len(alike) > 1:
            # Rows that are gone land as a number of deletions, which is unusual too.
            first = next((fault for fault in alike if fault.cause is not Cause.ARRIVALS_UNUSUAL), alike[0])
            for fault in alike:
                looked.faults.remove(fault)
            looked.faults.append(reduce(Fault.joined, alike, first))


def _without_consequences(looked: Looked) -> None:
    """Join what follows from rejected rows to their fault."""
    for rejected in [fault for fault in looked.faults if fault.cause is Cause.MANY_REJECTED]:
        model = rejected.subject
        follow = [
            fault for fault in looked.faults
            if (fault.cause is Cause.ARRIVALS_UNLIKE and reaches(fault.nodes, model))
            or (fault.cause is Cause.MART_UNUSUAL and reaches((model,), fault.subject))
        ]  # fmt: skip
        for fault in follow:
            looked.faults.remove(fault)
        place, said = looked.faults.index(rejected), tuple(line for fault in follow for line in fault.lines)
        looked.faults[place] = replace(rejected, lines=(*rejected.lines, *said))
