"""Runs a command and measures it: wall seconds, CPU seconds, and the peak memory of all processes under it.

In: a command, its environment and a limit of time. Out: a Measured. PostgreSQL's own processes are left out.
"""

import os
import signal
import subprocess
import tempfile
import time
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import psutil

TIMED_OUT = 124


@dataclass(frozen=True)
class Measured:
    """The figures of a command: wall seconds, peak memory of all its processes in MB, exit status, CPU seconds."""

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
        ended: Future[tuple[int, Any, float]] = Future()
        Thread(target=lambda: ended.set_result(_wait(process.pid)), daemon=True).start()
        peak, pause = 0.0, 0.005
        try:
            while not wait([ended], pause).done and time.perf_counter() - start < limit:
                peak = max(peak, _memory(process.pid))
                pause = min(0.2, pause * 1.3)  # short at first: a short command must not end between two measurements
        finally:
            timed_out = not ended.done()
            if timed_out:
                os.killpg(process.pid, signal.SIGKILL)  # its own session: the command and the processes that it started
        status, usage, end = ended.result()
        seconds = end - start
        if timed_out:
            status = TIMED_OUT << 8
        process.returncode = code = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = "".join(output.readlines()[-200:])
        if code and must_pass:
            raise SystemExit(f"{' '.join(command)} failed:\n{text[-3000:]}")
    return Measured(seconds, peak, code, usage.ru_utime + usage.ru_stime, text)


def _wait(pid: int) -> tuple[int, Any, float]:
    """The exit status, the resources that the process and its children used, and the moment of its end."""
    _, status, usage = os.wait4(pid, 0)
    return status, usage, time.perf_counter()


def _memory(pid: int) -> float:
    """MB held by the process and its descendants without PostgreSQL; a shared page counts once."""
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
