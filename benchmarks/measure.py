"""Runs a command and measures it: wall seconds and the peak memory of all Python processes under it."""

import subprocess
import tempfile
import time
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Measured:
    """What a command took: wall seconds, peak memory of its Python processes together in MB, exit status."""

    seconds: float
    peak_mb: float
    exit_code: int


def measure(command: list[str], must_pass: bool = True) -> Measured:
    """Run the command to its end. Raises SystemExit with the end of its output when it fails and must pass."""
    with tempfile.TemporaryFile("w+") as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, _python_memory(process.pid))
            time.sleep(0.1)
        seconds = time.perf_counter() - start
        if process.returncode and must_pass:
            output.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n" + "".join(output.readlines()[-30:]))
    return Measured(seconds, peak, process.returncode)


def _python_memory(pid: int) -> float:
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
