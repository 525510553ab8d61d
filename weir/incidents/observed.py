"""Turns what a run or a command has found into faults: what was looked at, and what is wrong there.

In: results of landing, build, publication and balance, as plain values; gates.py takes in those of gates. Out: areas
and faults in a Looked. Each root cause is one fault; what follows from it (what was not built, staged or published for
it) is none.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from weir.core.causes import Cause, cause_in
from weir.core.errors import cause_of
from weir.dbt.results import Built, Failed
from weir.incidents.downstream import EVERYTHING
from weir.incidents.fault import OF_MACHINE, Fault, Looked
from weir.ledger.equations import Line, equations

# Causes that hold for a source as a whole: whoever can land one table of it does not meet them.
OF_SOURCE = frozenset({
    Cause.SOURCE_UNREACHABLE, Cause.SOURCE_PASSWORD, Cause.SOURCE_NOT_THERE, Cause.SOURCE_ADDRESS,
    Cause.SOURCE_CERTIFICATE, Cause.SOURCE_BUSY, Cause.SOURCE_LIMIT,
})  # fmt: skip
# Causes that often hold for several tables of a source: these are one incident.
OF_TABLES = frozenset({Cause.SOURCE_FORBIDDEN, Cause.SOURCE_SLOW, Cause.SOURCE_LOCKED, Cause.SOURCE_ERROR,
                       Cause.LANDING_FAILED})  # fmt: skip
_NODE = {"model": Cause.MODEL_FAILED, "snapshot": Cause.MODEL_FAILED, "test": Cause.TEST_FAILED,
         "unit_test": Cause.UNIT_TEST_FAILED, "seed": Cause.SEED_FAILED}  # fmt: skip


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


class Compared(Protocol):
    """A mart compared with its publication; `fault` is empty where they are equal."""

    @property
    def mart(self) -> str:
        """Its name."""

    @property
    def fault(self) -> str:
        """How it differs."""


def landed(looked: Looked, results: Iterable[LandedSource], whole: bool = True) -> None:
    """Take in the landing of sources: an incident for each source and cause, or for each table and cause.

    `whole` says that every table of the sources was tried.
    """
    for result in results:
        done = [event for event in result.tables if event.state == "done"]
        failed = [event for event in result.tables if event.state == "failed"]
        for event in done:
            looked.add(f"land {result.source}.{event.table}")
        if done or result.state == "landed":
            looked.add(f"land {result.source}")
        if result.state == "landed":
            looked.areas |= {f"land {result.source} tables"} if whole else set()
            continue
        if not failed:
            area = f"land {result.source}"
            looked.find(area, result.cause, result.source, [result.message], [result.source])
            continue
        if whole and not any(event.cause in OF_SOURCE or event.cause in OF_MACHINE for event in failed):
            looked.add(f"land {result.source} tables")
        _failed(looked, result.source, failed, not done)


def _failed(looked: Looked, source: str, failed: Sequence[Landed], none_landed: bool) -> None:
    """The tables of a source that failed, by cause."""
    alike: dict[Cause, list[Landed]] = {}
    for event in failed:
        alike.setdefault(event.cause, []).append(event)
    for cause, events in alike.items():
        names = [f"{source}.{event.table}" for event in events]
        lines = list(dict.fromkeys(event.message for event in events))
        all_of_it = none_landed and len(alike) == 1
        if cause in OF_SOURCE or cause in OF_MACHINE:
            # Where none landed the whole source is down, with the tables that were never tried.
            looked.find(f"land {source}", cause, source, lines, [source] if all_of_it else names, names)
        elif cause in OF_TABLES or (all_of_it and len(events) > 1):
            looked.find(f"land {source} tables", cause, source, lines, [source] if all_of_it else names, names)
        else:
            for event, name in zip(events, names, strict=True):
                looked.find(f"land {name}", cause, name, [event.message], [name], [name])


def built(looked: Looked, found: Built, whole: bool, proved: bool = False) -> None:
    """Take in a build: an incident for each node that failed by itself; what was skipped for it is none.

    `whole` says that the build makes a whole set: nothing that failed before is left out of one that passed.
    `proved` says that all batched models were made whole and compared.
    """
    looked.add("project")
    looked.add("step build")
    looked.areas |= {f"build {each}" for each in found.tried}
    looked.areas |= {"batches *"} if proved else set()
    for model, said in found.drifted:
        looked.find(f"batches {model}", Cause.BATCH_DRIFTED, model, [said], [model])
    if found.passed:
        looked.areas |= {"build *"} if whole else set()
        return
    models = {each.id for each in found.failed if each.kind == "model"}
    for each in found.failed:
        # A unit test runs the model's code: one that is broken breaks its unit tests.
        if each.kind != "unit_test" or not models & set(each.on):
            _node(looked, each)
    for mart, said in found.unmarked:
        looked.find("build marks", Cause.MARK_MISSING, mart, [said], [mart])
    if not found.failed and not found.unmarked:
        cause = cause_in(found.sentence) or Cause.BUILD_BROKE_OFF
        looked.find("step build", cause, "build", found.faults or [found.sentence], [EVERYTHING])


def _node(looked: Looked, node: Failed) -> None:
    cause = cause_in(node.sentence) or _NODE.get(node.kind, Cause.MODEL_FAILED)
    looked.find(f"build {node.id}", cause, node.name, [node.sentence], node.on, rows=node.rows)


def compared(looked: Looked, marts: Iterable[Compared]) -> None:
    """Take in what readers see, compared with the publication: an incident for each mart that was edited."""
    for mart in marts:
        area, name = f"marts {mart.mart}", mart.mart.split(".")[-1]
        looked.add(area)
        if mart.fault:
            looked.find(area, Cause.MARTS_EDITED, mart.mart, [mart.fault], [name])


def published(looked: Looked) -> None:
    """Take in that a set was published: the marts are what the run has made."""
    looked.areas |= {"publish", "marts *"}


def balanced(looked: Looked, lines: Sequence[Line], every_load: bool = False) -> None:
    """Take in the balance: an incident for each table of which an equation does not hold.

    Loads that wait for a build are none. `every_load` says that all loads were counted, not those of one run.
    """
    for line in lines:
        name = f"{line.source}.{line.table}"
        looked.add(f"balance {name}")
        looked.areas |= {f"raw {name}"} if every_load else set()
        broken = [equation for equation in equations([line]) if not equation.holds]
        late = line.model is not None and line.loads > line.staged_loads
        broken = [equation for equation in broken if not (late and equation.name == "landed = staged")]
        if any(equation.name == "landed = in raw" for equation in broken):
            # The other equations differ because of it.
            looked.find(f"raw {name}", Cause.RAW_EDITED, name, [each.sentence for each in broken], [name], [name])
        elif broken:
            said = [equation.sentence for equation in broken]
            looked.find(f"balance {name}", Cause.BALANCE_BROKEN, name, said, [name], [name])


def verified(looked: Looked, name: str, said: Sequence[str]) -> None:
    """Take in what `weir verify` says of the rows of a table; one that an equation has told already is told once."""
    area = f"raw {name}"
    known = {fault.subject for fault in looked.faults if fault.area in {area, f"balance {name}"}}
    looked.add(area)
    if said and name not in known:
        looked.find(area, Cause.BALANCE_BROKEN, name, said, [name], [name])


def unreachable(looked: Looked, source: str, cause: Cause, said: str) -> None:
    """Take in that a source could not be read for a comparison; whether its tables land is for a landing to say."""
    if cause in OF_SOURCE or cause in OF_MACHINE:
        looked.find(f"land {source}", cause, source, [said], [source])


def killed(runs: Sequence[str]) -> Looked:
    """The runs that were killed."""
    lines = tuple(f"run {run_id} was killed" for run_id in runs)
    return Looked({"run"}, [Fault(Cause.RUN_KILLED, "run", "run", lines, (EVERYTHING,))])


def interrupted(looked: Looked) -> Looked:
    """Take in that a run was interrupted."""
    looked.add("run", Fault(Cause.RUN_INTERRUPTED, "run", "run", nodes=(EVERYTHING,)))
    return looked


def broke_off(looked: Looked, step: str, fault: BaseException) -> None:
    """Take in the fault that ended a step, by the cause that it knows."""
    cause, subject = cause_of(fault)
    area = {Cause.PROJECT_UNREADABLE: "project", Cause.PUBLICATION_REFUSED: "publish"}.get(cause, f"step {step}")
    subject = "project" if cause is Cause.PROJECT_UNREADABLE else subject or step
    looked.find(area, cause, subject, [str(fault)], [EVERYTHING])
