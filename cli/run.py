"""`weir run`: starts the slow processes, then runs the flow in this process, and leaves no process behind.

In: parameters. Out: text for a person; exit code 0, or 1 with one red line, or 130 when interrupted.
Alone: `weir run`, or `python -m cli.run`.
"""

import sys
from datetime import datetime
from typing import Any

from expectations.worker import Worker
from flows import interrupt, server
from weir.core.env import load_project
from weir.core.errors import WeirError
from weir.core.private import keep_private
from weir.core.secrets import redact


def run_elt(
    sources: list[str] | None = None,
    select: str | None = None,
    full_refresh: bool = False,
    as_of: datetime | None = None,
    full_compare: bool = False,
    accept: list[str] | None = None,
    wait: bool = True,
) -> int:
    """Run the flow in this process; returns the exit code. Faults that a person can mend are printed, not raised."""
    from weir.core import terminal

    interrupt.arm()
    try:
        keep_private()
        load_project()
        Worker.early()
        server.launch()
        from flows.flow import elt  # imports Prefect, while its server starts

        server.ready()
        try:
            state: Any = elt(sources, select, full_refresh, as_of, full_compare, accept, wait, return_state=True)
        except Exception:
            code = _ended_without_prefect()
            if code is None:
                raise
            return code
        if state.is_completed():
            return 0
        if interrupt.received():
            raise KeyboardInterrupt
        fault = state.result(raise_on_failure=False)
        terminal.fail(str(fault) if isinstance(fault, WeirError) else redact(f"{type(fault).__name__}: {fault}"))
        return 1
    except (WeirError, KeyboardInterrupt) as fault:
        if isinstance(fault, WeirError) and not interrupt.received():
            terminal.fail(str(fault))
            return 1
        interrupt.clean_up()
        terminal.fail("interrupted: nothing was published by this run, and the next one goes on from what has landed")
        return interrupt.CODE
    finally:
        Worker.end_early()
        interrupt.disarm()


def _ended_without_prefect() -> int | None:
    """The exit code of this process's run, if it has ended without Prefect's server; else None."""
    from weir.core import terminal
    from weir.ledger import runs

    state, message = runs.mine() or ("", "")
    if state not in {"succeeded", "failed"}:
        return None
    if message:
        terminal.fail(message)
    return int(state == "failed")


if __name__ == "__main__":
    sys.exit(run_elt())
