"""Runs a command and measures it: wall seconds, CPU seconds, and the peak memory of all processes under it.

In: a command, its environment and a limit of time. Out: a Measured. PostgreSQL's own processes are left out.
"""

import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any

import psutil

TIMED_OUT = 124


@dataclass(frozen=True)
class Measured:
    """What a command took: wall seconds, peak memory of its processes together in MB, exit status, CPU seconds."""

    seconds: float
    peak_mb: float
    exit_code: int
    cpu: float = 0.0
    output: str = field(default="", repr=False)


def measure(
    command: list[str], must_pass: bool = True, env: dict[str, str] | None = None, limit: float = 7200
) -> Measured:
    """Run the command to its end, at most `limit` seconds (then exit code 124).

    Raises SystemExit with the end of its output when it fails and must pass.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            env=None if env is None else os.environ | env,
        )  # fmt: skip
        peak, pause = 0.0, 0.005
        status: int | None = None
        usage: Any = None
        try:
            while status is None and time.perf_counter() - start < limit:
                peak = max(peak, _memory(process.pid))
                time.sleep(pause)
                pause = min(0.2, pause * 1.3)  # often at first: a short command must not end between two looks
                status, usage = _ended(process)
        finally:
            if status is None:
                os.killpg(process.pid, signal.SIGKILL)  # a session of its own: the command and what it started
                _, status, usage = os.wait4(process.pid, 0)
                status = TIMED_OUT << 8
        seconds = time.perf_counter() - start
        process.returncode = code = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = "".join(output.readlines()[-200:])
        if code and must_pass:
            raise SystemExit(f"{' '.join(command)} failed:\n{text[-3000:]}")
    return Measured(seconds, peak, code, usage.ru_utime + usage.ru_stime, text)


def _ended(process: Any) -> tuple[int | None, Any]:
    """The exit status and what the process used, with the children it waited for; None while it runs."""
    pid, status, usage = os.wait4(process.pid, os.WNOHANG)
    return (status, usage) if pid else (None, None)


def _memory(pid: int) -> float:
    """MB held by the process and its descendants, PostgreSQL's own left out; a page that several share counts once."""
    total = 0
    try:
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            try:
                if "postgres" not in process.name():
                    memory = process.memory_full_info()
                    total += getattr(memory, "pss", memory.rss)  # only Linux knows the proportional share
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
    except psutil.NoSuchProcess:
        return 0.0
    return total / 2**20
