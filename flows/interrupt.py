"""Ends a run at Ctrl-C or SIGTERM: within some seconds by itself, else by force. No child process is left.

In: signals. Out: KeyboardInterrupt in the main thread; after `PATIENCE` seconds the end of the process, for threads
that still land can't be told to stop (what they have committed has its receipt, the rest is rolled back).
"""

import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

PATIENCE = 10.0
CODE = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_before: dict[int, Any] = {}
_timer: threading.Timer | None = None


def arm() -> None:
    """Handle both signals until `disarm`; in the main thread only."""
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            _before[number] = signal.signal(number, _interrupted)


def rearm() -> None:
    """Handle both signals again: Prefect handles SIGTERM itself while a flow runs. Does nothing before `arm`."""
    if _before and threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            signal.signal(number, _interrupted)


def disarm() -> None:
    """Restore the handlers that were there before `arm`."""
    while _before:
        number, handler = _before.popitem()
        signal.signal(number, handler)


def received() -> bool:
    """Whether a signal came since `arm`, even if code between has caught its KeyboardInterrupt."""
    return _timer is not None


def clean_up() -> None:
    """End the processes that the run has started, and write down that it was interrupted."""
    import psutil

    from flows import crashed, server
    from weir.incidents.fault import Looked
    from weir.incidents.observed import interrupted
    from weir.incidents.settled import settled
    from weir.ledger import runs

    for child in psutil.Process().children(recursive=True):
        if child.pid != server.running():
            try:
                child.terminate()
            except psutil.Error:
                continue
    mine = runs.end_mine("interrupted")
    for flow_run_id in mine:
        crashed.end_in_prefect(flow_run_id, "crashed", "interrupted")
    if mine:
        settled(lambda: [interrupted(Looked())])


def _interrupted(number: int, frame: FrameType | None) -> None:
    global _timer
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # a second signal must not interrupt the steps below
    _timer = threading.Timer(PATIENCE, _end)
    _timer.daemon = True
    _timer.start()
    raise KeyboardInterrupt


def _end() -> None:
    try:
        clean_up()
        print("interrupted: the run was ended while it still landed; the next one goes on from there", file=sys.stderr)
    finally:
        sys.stderr.flush()
        sys.stdout.flush()
        os._exit(CODE)
