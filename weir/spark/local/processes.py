"""The processes of the local cluster: starts them apart from this process, finds them, ends them.

In: a role, a command, an environment. Out: processes in sessions of their own, with their output in a log. Each one,
and each executor that a worker starts, carries the cluster's folder and its role in its environment: so they are found
without a file of process ids, which could be lost or out of date.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import psutil
from psutil import Process

FOLDER, ROLE = "WEIR_SPARK_FOLDER", "WEIR_SPARK_ROLE"
_PATIENCE = 20.0  # seconds that a process has to end by itself


def marks(folder: Path, role: str) -> dict[str, str]:
    """The variables by which a process of the cluster is found again."""
    return {FOLDER: str(folder), ROLE: role}


def spawn(command: list[str], environment: dict[str, str], folder: Path, log: Path) -> Process:
    """Start a process in a session of its own; the log of the one before is kept as `….before`."""
    if log.exists():
        log.replace(log.with_name(f"{log.name}.before"))
    with log.open("wb") as file:
        started = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            start_new_session=True,
        )  # fmt: skip
    return Process(started.pid)


def found(folder: Path) -> list[tuple[str, Process]]:
    """All living processes of the cluster with their roles; an executor has the role of its worker."""
    here: list[tuple[str, Process]] = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
            if environment.get(FOLDER) == str(folder) and lives(process):
                here.append((environment.get(ROLE, ""), process))
        except (psutil.Error, OSError):
            continue  # it has just ended, or is another user's
    return here


def leaders(here: Iterable[tuple[str, Process]]) -> dict[str, Process]:
    """Of the processes that were found, those that `spawn` has started, by role."""
    return {role: process for role, process in here if _leads(process)}


def end(folder: Path, order: Iterable[str]) -> list[str]:
    """End all processes of the cluster, role after role; returns the roles that were there."""
    here = found(folder)
    roles = sorted({role for role, _ in here}, key=list(order).index)
    for role in roles:
        _end([process for its, process in here if its == role])
    if left := [process for _, process in found(folder)]:  # what a worker started in the meantime
        _end(left)
    return roles


def lives(process: Process) -> bool:
    """Whether the process has not ended. One that nobody has asked for its exit code yet has: in a container, it may
    stay for seconds."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def memory(here: Iterable[tuple[str, Process]]) -> int:
    """The bytes of memory that the processes hold (RSS)."""
    total = 0
    for _, process in here:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total


def _leads(process: Process) -> bool:
    try:
        return os.getsid(process.pid) == process.pid
    except OSError:
        return False


def _end(processes: list[Process]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            try:
                process.send_signal(number)
            except psutil.Error:
                continue
        until = time.monotonic() + _PATIENCE
        while (processes := [process for process in processes if lives(process)]) and time.monotonic() < until:
            time.sleep(0.02)
        if not processes:
            return
