"""What follows a run, however it ended: its incidents, and who is told of them.

In: a Run, and what ended it. Out: `ops.incidents`, the measures that the portal shows, the portal. A fault in here is
printed, and fails no run.
"""

import time
from collections.abc import Callable

from flows.run import Run
from weir.core import terminal
from weir.core.causes import Cause
from weir.core.faults import one_line
from weir.incidents.fault import Fault, Looked


def ended(run: Run, fault: BaseException | None) -> None:
    """Do all that follows a run."""
    _guarded("incidents", lambda: _incidents(run, fault))
    _guarded("measures", lambda: _measure(run))
    _guarded("portal", _portal)


def observed(run: Run, fault: BaseException | None) -> Looked:
    """What the run has looked at, and what is wrong there."""
    from weir.incidents import observed as see

    looked = Looked()
    see.landed(looked, run.landed.values())
    see.judged(looked, run.gates)
    if run.built and run.built.passed and run.whole:
        looked.add("build")
    if run.changes is not None:
        looked.add("publish")
        looked.add("marts")
    if not run.faults and not isinstance(fault, BaseException):
        see.balanced(looked, run.lines)
    if isinstance(fault, Exception) and run.step and not run.all_faults():
        see.broke_off(looked, run.step, fault)
    elif isinstance(fault, KeyboardInterrupt):
        looked.add("run", Fault(Cause.RUN_INTERRUPTED, "run", "run"))
    elif fault is None:
        looked.add("run")
    for run_id in run.crashed if fault is not None else ():
        looked.add("run", Fault(Cause.RUN_KILLED, "run", "run", (f"run {run_id} was killed",)))
    return looked


def _incidents(run: Run, fault: BaseException | None) -> None:
    from weir.incidents.keep import keep

    keep(observed(run, fault), run.run_id)


def _measure(run: Run) -> None:
    from weir import warehouse
    from weir.portal.measure import measure

    with warehouse.connect() as connection:
        measure(connection, run.run_id, run.seconds)


def _portal() -> None:
    from flows import server
    from weir.portal import site

    began = time.perf_counter()
    page, faults = site.write(server.ui())
    for fault in faults:
        terminal.warn(f"portal: {fault}")
    terminal.say(f"Portal ({time.perf_counter() - began:.1f} s): {page}")


def _guarded(what: str, act: Callable[[], None]) -> None:
    """Do it; a fault becomes one yellow line."""
    try:
        act()
    except Exception as fault:
        terminal.warn(f"{what}: {one_line(fault)}")
