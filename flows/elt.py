"""A run from the command line: what is slow is started first, then the flow; ends with an exit code, leaving nothing.

In: parameters. Out: what a person reads; 0, or 1 with one red line, or 130 when interrupted.
Alone: `weir run`, or `python -m flows.elt`.
"""

import os
import signal
import sys
import threading
from datetime import datetime
from types import FrameType
from typing import Any

from expectations.worker import Worker
from flows import server
from weir.settings import WeirError, load_env, redact

# Seconds that an interrupted run has to end by itself; then it is ended.
_PATIENCE = 15
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_elt(
    sources: list[str] | None = None,
    select: str | None = None,
    full_refresh: bool = False,
    as_of: datetime | None = None,
    full_compare: bool = False,
    accept: list[str] | None = None,
    wait: bool = True,
) -> int:
    """Run the flow in this process; returns the exit code. Never raises for what a person can mend."""
    from weir import show

    load_env()
    previous = {number: signal.signal(number, _interrupt) for number in _SIGNALS} if _main_thread() else {}
    try:
        Worker.early()
        server.launch()
        from flows.flow import elt  # imports Prefect, while its server starts

        server.ready()
        state: Any = elt(sources, select, full_refresh, as_of, full_compare, accept, wait, return_state=True)
        if state.is_completed():
            return 0
        fault = state.result(raise_on_failure=False)
        show.fail(str(fault) if isinstance(fault, WeirError) else redact(f"{type(fault).__name__}: {fault}"))
        return 1
    except WeirError as fault:
        show.fail(str(fault))
        return 1
    except (KeyboardInterrupt, SystemExit):
        _clean_up()
        show.fail("interrupted: nothing was published by this run, and the next one goes on from what has landed")
        return 130
    except BaseException as fault:
        if type(fault).__name__ != "TerminationSignal":
            raise
        _clean_up()
        return 143
    finally:
        Worker.end_early()
        for number, handler in previous.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _clean_up() -> None:
    """End what an interrupted run may have left at work: threads that still land can't be told to stop."""
    import psutil

    from flows import runs

    for child in psutil.Process().children(recursive=True):
        if child.pid != server.running():
            child.terminate()
    runs.end_mine("interrupted")
    others = [t for t in threading.enumerate() if t is not threading.current_thread() and t.name.startswith("land")]
    if others:
        sys.stdout.flush()
        from prefect.events.worker import EventsWorker

        EventsWorker.instance().wait_until_empty()
        os._exit(130)


def _main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


if __name__ == "__main__":
    sys.exit(run_elt())
