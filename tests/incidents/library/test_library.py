"""The library of faults: each is made for real, found, told by its cause with what depends on it, and healed."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.incidents.library.company import Company, company
from tests.incidents.library.faults import KEPT, SOURCES, Batch, Made
from tests.incidents.library.inside import INSIDE
from weir.core import terminal

pytestmark = pytest.mark.slow


@dataclass
class Result:
    """What was told of one fault."""

    made: Made
    told: str
    downstream: bool
    seconds: float
    text: str


TABLE: list[Result] = []


@pytest.fixture(scope="module")
def made(warehouse_of_module: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    import ingest.connectors.postgres.connector as of_postgres
    import ingest.connectors.rest.connector as of_rest

    # So that nobody waits: one try of an API, two seconds for its answer, half a second for a lock.
    warehouse_of_module.setattr(of_rest, "ATTEMPTS", 1)
    warehouse_of_module.setattr(of_rest, "TIMEOUT", 2)
    warehouse_of_module.setattr(of_postgres, "LOCK_TIMEOUT", "500ms")
    with company(tmp_path_factory.mktemp("company"), warehouse_of_module) as one:
        yield one
    rows = [[each.made.name, each.made.cause.value, each.told, "yes" if each.downstream else "no",
             f"{each.seconds:.1f}"] for each in TABLE]  # fmt: skip
    terminal.table("Faults", ["fault", "expected cause", "told cause", "downstream", "seconds"], rows)
    path = os.environ.get("WEIR_FAULTS_TABLE")
    if path:
        Path(path).write_text("\n".join([*(" | ".join(row) for row in rows), *(each.text for each in TABLE)]))


def look(one: Company, by: str) -> None:
    """A run, or `weir verify`."""
    if by == "verify":
        from cli.verify import print_proof

        print_proof(None, False)
    else:
        one.run(KEPT.pop("accept", ()))


def meet(one: Company, batch: Batch) -> list[Result]:
    """Make the faults of the batch, look, heal them, look again."""
    before = {row["incident_id"] for row in one.incidents("true")}
    assert not one.incidents(), "the company is well before"
    began = time.monotonic()
    for each in batch.faults:
        each.make(one)
    look(one, batch.by)
    seconds = (time.monotonic() - began) / len(batch.faults)
    found = one.incidents()
    for each in batch.faults:
        each.heal(one)
    batch.after(one)
    look(one, batch.by)
    left = one.incidents()
    new = [row for row in one.incidents("true") if row["incident_id"] not in before]
    for each in batch.faults:
        mine = [row for row in new if row["subject"] == each.subject and row["cause"] == each.cause.value]
        others = [row for row in new if row["subject"].split(".")[0] == each.subject.split(".")[0]]
        row = (mine or others or [{"cause": "nothing", "downstream": None, "exposures": None}])[0]
        fits = (row["downstream"], row["exposures"]) == (each.marts, each.exposures)
        text = "\n".join(
            ["", *(str(row.get(name)) for name in ("title", "what", "affected", "readers", "turn", "command"))]
        )
        TABLE.append(Result(each, row["cause"], fits, seconds, text))
    assert [(row["title"], row["evidence"]) for row in left] == [], "all is healed"
    # What the warehouse itself is the subject of is written down when it is back.
    late = batch.by == "outage"
    assert [row["incident_id"] for row in found] == [row["incident_id"] for row in new if not late]
    assert len(new) == len(batch.faults), [(row["cause"], row["subject"], row["evidence"]) for row in new]
    return TABLE[-len(batch.faults) :]


@pytest.mark.parametrize("batch", [*SOURCES, *INSIDE], ids=lambda batch: batch.name)
def test_each_fault_is_one_incident_with_its_cause_and_what_depends_on_it(made: Company, batch: Batch) -> None:
    for result in meet(made, batch):
        assert (result.made.name, result.told) == (result.made.name, result.made.cause.value)
        assert result.downstream, result.made.name


def test_the_right_cause_is_told_of_nearly_all_and_the_right_marts_of_all(made: Company) -> None:
    right = sum(each.told == each.made.cause.value for each in TABLE)
    assert len(TABLE) >= 40 and right >= 0.95 * len(TABLE)
    assert [each.made.name for each in TABLE if not each.downstream] == []
