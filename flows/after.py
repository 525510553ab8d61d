"""What follows a run, however it ended: its incidents, and who is told of them.

In: a Run, and what ended it. Out: `ops.incidents`, the measures that the portal shows, the portal. A fault in here is
printed, and fails no run.
"""

import time
from collections.abc import Callable

from flows.run import Run
from weir.core import terminal
from weir.core.errors import Told
from weir.core.faults import one_line
from weir.incidents.fault import Looked


def began(run: Run) -> None:
    """Tell of runs before this one that were killed: an incident that is over when a run ends in order."""
    from weir.incidents import observed as see
    from weir.incidents.settled import settled

    if run.crashed:
        settled(lambda: [see.killed(run.crashed)], run.run_id)


def ended(run: Run, fault: BaseException | None) -> None:
    """Do all that follows a run."""
    from weir.incidents.settled import settled

    settled(lambda: [observed(run, fault)], run.run_id)
    _guarded("measures", lambda: _measure(run))
    _guarded("portal", _portal)


def observed(run: Run, fault: BaseException | None) -> Looked:
    """What the run has looked at, and what is wrong there."""
    from weir.incidents import observed as see
    from weir.incidents.gates import judged

    looked = Looked(gone=lambda area: _is_gone(run, area))
    looked.areas |= {f"step {step}" for step in run.ended}
    see.landed(looked, run.landed.values())
    judged(looked, run.gates)
    if run.built:
        see.built(looked, run.built, run.whole, bool(run.todo and run.todo.prove and run.whole))
    elif run.todo and run.todo.nothing and not run.barred:
        looked.areas |= {"project", "build *"}  # the code is that of the set in force
    see.compared(looked, run.compared)
    if run.changes is not None:
        see.published(looked)
    if not run.faults and not run.down and (run.built is None or run.built.passed):
        see.balanced(looked, run.lines)
    if isinstance(fault, KeyboardInterrupt):
        see.interrupted(looked)
        return looked
    looked.add("run")
    if isinstance(fault, Exception) and not isinstance(fault, Told):
        see.broke_off(looked, run.step or "start", fault)
    else:
        looked.add("disk")
    return looked


def _is_gone(run: Run, area: str) -> bool:
    """Whether the area names a source, or a table, that the project no longer has; only a run of all sources knows."""
    kind, _, name = area.partition(" ")
    name = name.removeprefix("raw ").removesuffix(" tables")
    if run.sources is not None or not run.landed or kind not in {"land", "gate", "balance"} or name == "marts":
        return False
    source, _, table = name.partition(".")
    result = run.landed.get(source)
    tables = {event.table for event in result.tables} if result else set()
    return result is None or bool(table and result.state == "landed" and table not in tables)


def _measure(run: Run) -> None:
    from weir import warehouse
    from weir.portal.measure import measure

    with warehouse.connect() as connection:
        measure(connection, run.run_id, run.seconds)


def _portal() -> None:
    from flows import server
    from weir.portal import site

    began = time.perf_counter()
    page = site.write_and_tell(server.ui())
    if page:
        terminal.say(f"Portal ({time.perf_counter() - began:.1f} s): {page}")


def _guarded(what: str, act: Callable[[], None]) -> None:
    """Do it; a fault becomes one yellow line."""
    try:
        act()
    except Exception as fault:
        terminal.warn(f"{what}: {one_line(fault)}")
