"""Which guard caught a fault: by what the run says of the fault's table, and by nothing else.

In: what a batch found, the faults in it, and what the clean run finds anyway. Out: Verdicts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.guards.batch import Found
from benchmarks.guards.plan import Injected
from benchmarks.guards.project import NAME

UNLIKE = "unlike before"


@dataclass
class Verdict:
    """What became of a fault."""

    injected: Injected
    by: str  # the guard that caught it first; empty where none did
    said: str  # its words
    good: int  # good rows of the table that were rejected


def judged(found: Found, batch: Sequence[Injected], clean: Found) -> tuple[list[Verdict], int]:
    """The verdict on each fault, and how many rows of tables without a fault were rejected."""
    new = {guard: [line for line in lines if line not in clean[guard]] for guard, lines in found.items()}
    verdicts = [_verdict(new, each) for each in batch]
    models = {each.proposed.model for each in batch}
    return verdicts, sum(model not in models for model, *_ in new["quarantine"])


def _verdict(found: Found, each: Injected) -> Verdict:
    name, model = each.proposed.name, each.proposed.model
    mart = f"{NAME}_{name}"
    is_late = bool(each.change.days_later)
    said: dict[str, list[str]] = {
        "landing": [line[1] for line in found["landing"] if line[0] == name],
        "gate": [line[1] for line in found["gate"] if _of(line, is_late, name, model, mart) and not line[2]],
        "quarantine": [f"{line[2]}" for line in found["quarantine"] if line[0] == model],
        "test": [line[2] for line in found["test"] if _tests(line, each, model, mart) and line[1] != "warn"],
        "gate, as a warning": [
            line[1] for line in found["gate"] if _of(line, is_late, name, model, mart) and _is_about(line, each)
        ],
        "test, as a warning": [line[2] for line in found["test"] if _tests(line, each, model, mart)],
        "balance": [line[0] for line in found["balance"] if f"{NAME}.{name}:" in line[0] or model in line[0].split()],
    }
    rejected = len(said["quarantine"])
    for guard, lines in said.items():
        if lines:
            return Verdict(each, guard, lines[0], max(0, rejected - each.faulty))
    return Verdict(each, "", "", max(0, rejected - each.faulty))


def _of(line: Sequence[str], is_late: bool, name: str, model: str, mart: str) -> bool:
    """Whether the failure's id names the table, its model or its mart; what is late is a matter of the source."""
    return is_late or bool({name, model, mart} & set(line[0].split(": ")))


def _is_about(line: Sequence[str], each: Injected) -> bool:
    """Whether the gate's failure is about the table, or names the column; of others it would be a false alarm."""
    columns = {each.column, *each.change.dropped, *each.change.renamed}
    columns |= {name for row in each.change.updates.values() for name in row}
    return UNLIKE not in line[0] or any(f" {name} " in f" {line[1]}" for name in columns if name)


def false_alarms(found: Found, batch: Sequence[Injected], clean: Found) -> list[str]:
    """What the gates say of columns that hold no fault."""
    said = []
    for line in (line for line in found["gate"] if line not in clean["gate"] and UNLIKE in line[0]):
        mine = [each for each in batch if _of(line, False, each.proposed.name, each.proposed.model, "")]
        if not any(_is_about(line, each) for each in mine):
            said.append(line[1])
    return said


def _tests(line: Sequence[str], each: Injected, model: str, mart: str) -> bool:
    """Whether the test is one of the table, or of a table that refers to rows which the fault took away."""
    is_child = f"ref_{model}_" in line[2] and bool(each.change.deletes or each.change.is_gone)
    return line[0] in {model, mart} or is_child
