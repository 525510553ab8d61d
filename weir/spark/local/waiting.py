"""Waiting for the local cluster: until it answers, or one of its processes has ended.

In: what makes it ready, its processes, the moment until which to wait. Out: nothing, or the fault in one line.
"""

import json
import socket
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import psutil

from weir.core.errors import WeirError
from weir.core.faults import refuse_full_disk
from weir.spark.local.configuration import HOST, THRIFT, folder, log
from weir.spark.local.processes import lives

PATIENCE = 240.0  # seconds; a machine with eight busy processes per core was seen to take 115


def wait(ready: Callable[[], bool], started: dict[str, psutil.Process], end: float) -> None:
    """Wait until `ready`. Raises WeirError when a process ends, or after the moment `end`."""
    while not ready():
        dead = [role for role, process in started.items() if not lives(process)]
        late = time.monotonic() > end
        if dead or late:
            role = dead[0] if dead else THRIFT
            words = log(role).read_text(errors="replace") if log(role).exists() else ""
            refuse_full_disk(folder(), words)
            what = "ended" if dead else f"does not answer after {PATIENCE:.0f} s"
            raise WeirError(f"the local cluster does not start: its {role} {what}: {_last(words)} (log: {log(role)})")
        time.sleep(0.1)


def _last(words: str) -> str:
    """The line that says most: the last that tells of an error, else the last."""
    lines = [line.strip() for line in words.splitlines() if line.strip() and not line.startswith(("\t", "    at "))]
    told = [line for line in lines if "Exception" in line or "Error" in line or "rror:" in line]
    return " ".join((told or lines or ["it says nothing"])[-1].split())[:400]


def answers(port: int) -> bool:
    """Whether something on this machine listens on the port."""
    try:
        with socket.create_connection((HOST, port), timeout=5):
            return True
    except OSError:
        return False


def workers(page: str) -> int:
    """The number of living workers that the master knows, by its page."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy knows the way to loopback
    try:
        with opener.open(f"{page}/json/", timeout=5) as answer:
            told: dict[str, Any] = json.load(answer)
            return int(told["aliveworkers"])
    except (OSError, ValueError, KeyError):
        return 0
