"""The record of runs: one row of `ops.runs` for each run, and for each command by hand that lands or builds.

In: the run's id, clock and parameters. Out: `ops.runs`, and folders for logs.
"""

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from weir import warehouse
from weir.core.secrets import redact
from weir.core.settings import home
from weir.warehouse.run_lock import run_lock

KEPT_LOGS = 200  # runs whose logs are kept


def new_id(at: datetime | None = None) -> str:
    """A run's id, which sorts by time: 20260701T120000-1a2b."""
    return f"{at or datetime.now(UTC):%Y%m%dT%H%M%S}-{os.urandom(2).hex()}"


def log_folder(run_id: str) -> Path:
    """Make the folder of the run's logs, and remove those of runs long past; returns it."""
    every = home() / "logs" / "runs"
    folder = every / run_id
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(path for path in every.iterdir() if path.is_dir())[:-KEPT_LOGS]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


@contextmanager
def by_hand(command: str, as_of: datetime, **parameters: Any) -> Iterator[str]:
    """Hold the run lock for a command that a person typed, and keep its row in `ops.runs`; gives the id of the row."""
    with run_lock():
        run_id = new_id()
        begin(run_id, as_of, parameters, command=command)
        try:
            yield run_id
        except BaseException as fault:
            end(run_id, "failed", str(fault) or "interrupted")
            raise
        end(run_id, "succeeded")


def begin(
    run_id: str, as_of: datetime, parameters: dict[str, Any], flow_run_id: UUID | None = None, command: str = "run"
) -> None:
    """Record the run as running, with the parameters that were given."""
    given = {name: value for name, value in parameters.items() if value}
    process = [socket.gethostname(), os.getpid()]
    with warehouse.connect() as connection:
        connection.execute(
            "insert into ops.runs (run_id, state, as_of, parameters, host, pid, flow_run_id, command) "
            "values (%s, 'running', %s, %s, %s, %s, %s, %s)",
            [run_id, as_of, json.dumps(given), *process, str(flow_run_id) if flow_run_id else None, command],
        )


def end(run_id: str, state: str, message: str = "") -> None:
    """Record how the run ended: succeeded, failed or crashed. A state that was recorded before stays."""
    with warehouse.connect() as connection:
        connection.execute(
            "update ops.runs set ended_at = clock_timestamp(), state = %s, message = %s "
            "where run_id = %s and state = 'running'",
            [state, redact(message) or None, run_id],
        )


def end_mine(message: str) -> list[UUID]:
    """Record the runs of this process that are still running as failed; returns their flow runs."""
    with warehouse.connect() as connection:
        rows = connection.execute(
            "update ops.runs set ended_at = clock_timestamp(), state = 'failed', message = %s "
            "where state = 'running' and host = %s and pid = %s returning flow_run_id",
            [message, socket.gethostname(), os.getpid()],
        ).fetchall()
    return [UUID(row[0]) for row in rows if row[0]]


def is_alive(host: str, pid: int, started_at: datetime) -> bool:
    """Whether the process of a run is there; one of another machine counts as gone."""
    if host != socket.gethostname():
        return False
    try:
        return psutil.Process(pid).create_time() <= started_at.timestamp() + 1
    except psutil.Error:
        return False


def mine() -> tuple[str, str] | None:
    """State and message of the newest run of this process; None where it made none."""
    with warehouse.connect() as connection:
        row = connection.execute(
            "select state, coalesce(message, '') from ops.runs where host = %s and pid = %s and started_at >= %s "
            "order by started_at desc limit 1",
            [socket.gethostname(), os.getpid(), datetime.fromtimestamp(psutil.Process().create_time() - 1, UTC)],
        ).fetchone()
    return (str(row[0]), str(row[1])) if row else None
