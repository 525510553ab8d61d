"""What no run can say of itself: that it is late, was killed or hangs, and that the disk runs full.

In: `ops.runs`, the machine's processes and disks, the clock. Out: a Looked. What is late is learned from the gaps
between the last runs, or set by RUN_EVERY.
"""

import os
import re
import shutil
import socket
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg

from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.core.settings import home
from weir.incidents.downstream import EVERYTHING
from weir.incidents.fault import Fault, Looked
from weir.incidents.story import moment
from weir.ledger.runs import is_alive

SLACK = 1.5  # a run is late when it takes longer than this times the longest gap between the last ones
LEAST_GAP = timedelta(hours=1)
HANGS = 4.0  # a run hangs when it takes longer than this times the longest of the last ones
LEAST_HANG = timedelta(hours=1)
KNOWN = 20  # runs that are looked back at
LEAST_KNOWN = 3  # runs without which nothing is known to be usual
NEARLY_FULL = 0.05  # the share of a disk that is free
_UNITS = {"m": 60, "h": 3600, "d": 86400}


def watch(connection: psycopg.Connection, now: datetime | None = None) -> Looked:
    """Look once. Raises WeirError when RUN_EVERY can't be read."""
    now = now or datetime.now(UTC)
    looked = Looked()
    rows = connection.execute(_RUNS, [KNOWN]).fetchall()
    _late(looked, rows, now)
    _killed(looked, rows)
    _hanging(looked, rows, now)
    disk(looked, home())
    return looked


def run_every() -> timedelta | None:
    """RUN_EVERY, such as 90m, 2h or 1d; None where it is not set. Raises WeirError when it can't be read."""
    text = (os.environ.get("RUN_EVERY") or "").strip()
    if not text:
        return None
    found = re.fullmatch(r"([1-9]\d{0,4})([mhd])", text)
    if not found:
        raise WeirError(f"RUN_EVERY is no span of time: {text!r}; write it as 90m, 2h or 1d")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def _late(looked: Looked, rows: list[tuple[Any, ...]], now: datetime) -> None:
    """A run that should have begun; `rows` are the last runs, the newest first."""
    began = [row[1] for row in rows if row[1] <= now]  # a clock may have gone back since
    most = run_every()
    if most is None:
        gaps = [later - earlier for later, earlier in pairwise(began)]
        if len(gaps) < LEAST_KNOWN:
            return
        most = max(LEAST_GAP, SLACK * max(gaps))
    looked.areas.add("schedule")
    if not began or any(row[2] == "running" for row in rows) or now - began[0] <= most:
        return
    line = f"the last run began {moment(began[0])}; another one was due by {moment(began[0] + most)}"
    looked.add("schedule", Fault(Cause.RUN_LATE, "schedule", "schedule", (line,), (EVERYTHING,), since=began[0] + most))


def _killed(looked: Looked, rows: list[tuple[Any, ...]]) -> None:
    """Runs that are written down as running, and whose process is gone. The next run marks them."""
    for run_id, began, state, host, pid, _ in rows:
        if state == "running" and host == socket.gethostname() and not is_alive(host, pid, began):
            line = f"run {run_id}, which began {moment(began)}, has no process any more"
            looked.add("run", Fault(Cause.RUN_KILLED, "run", "run", (line,), (EVERYTHING,), since=began))


def _hanging(looked: Looked, rows: list[tuple[Any, ...]], now: datetime) -> None:
    """A run that takes far longer than the longest of the last ones."""
    took = [row[5] for row in rows if row[2] == "succeeded" and row[5] is not None]
    looked.areas.add("hanging")
    for run_id, began, state, host, pid, _ in rows:
        gone = host == socket.gethostname() and not is_alive(host, pid, began)  # of another machine nobody knows
        if len(took) < LEAST_KNOWN or state != "running" or gone:
            continue
        most = max(LEAST_HANG, timedelta(seconds=HANGS * max(took)))
        if now - began > most:
            usual = f"the longest of the last ones took {max(took):.0f} s"
            line = f"run {run_id} (process {pid}) began {moment(began)}; {usual}"
            looked.add("hanging", Fault(Cause.RUN_HANGS, "hanging", "run", (line,), (EVERYTHING,), since=began))


def disk(looked: Looked, folder: Path) -> None:
    """The disk of Weir's files, which holds the embedded warehouse too."""
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    found = shutil.disk_usage(there)
    looked.areas.add("disk nearly full")
    if found.free < NEARLY_FULL * found.total:
        line = f"{found.free / 1e9:,.1f} GB of {found.total / 1e9:,.1f} GB are free on the disk of {folder}"
        looked.add("disk nearly full", Fault(Cause.DISK_NEARLY_FULL, "disk nearly full", "Weir's files", (line,)))


_RUNS = """
select run_id, started_at, state, host, pid, extract(epoch from ended_at - started_at)::float
from ops.runs where command = 'run' order by started_at desc limit %s"""
