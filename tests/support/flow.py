"""Runs of the flow on a small company, and what the warehouse and Prefect hold of them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.small_company import Company

RUN = "import sys; from cli.run import run_elt; sys.exit(run_elt({}))"


def founded(prefect: str, folder: Path, patch: pytest.MonkeyPatch, orders: int) -> Company:
    """A small company with orders and two leads."""
    patch.setenv("PREFECT_API_URL", prefect)
    # so that the address is one's own server, which no run starts anew
    patch.delenv("WEIR_PREFECT_PORT", raising=False)
    made = Company(folder, patch)
    made.orders(1, orders)
    made.people("a.csv", ["ann@x.io,Ann", "bob@x.io,Bob"])
    return made


def start(arguments: str = "") -> subprocess.Popen[str]:
    """A run in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", RUN.format(arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(arguments: str = "") -> tuple[int, str, str]:
    """(exit code, output, errors) of a run."""
    process = start(arguments)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def query(statement: str) -> list[tuple[Any, ...]]:
    """Rows of the warehouse."""
    with psycopg.connect(os.environ["WAREHOUSE_URL"], autocommit=True) as connection:
        return connection.execute(statement).fetchall()


def task_runs(flow_run: str) -> dict[str, str]:
    """Name and state of every task run of a flow run, as Prefect has them; waits for the last events."""
    import httpx

    body = {"flow_runs": {"id": {"any_": [flow_run]}}, "limit": 200}
    found: dict[str, str] = {}
    for _ in range(40):
        answer = httpx.post(f"{os.environ['PREFECT_API_URL']}/task_runs/filter", json=body, auth=login()).json()
        found = {each["name"]: each["state_name"] for each in answer}
        if found and not {"Running", "Pending"} & set(found.values()):
            break
        time.sleep(0.5)
    return found


def flow_state(flow_run: str) -> str:
    """State of a flow run in Prefect."""
    import httpx

    address = f"{os.environ['PREFECT_API_URL']}/flow_runs/{flow_run}"
    return str(httpx.get(address, auth=login()).json()["state_name"])


def login() -> tuple[str, str]:
    """Name and password for the server."""
    name, _, password = os.environ["PREFECT_API_AUTH_STRING"].partition(":")
    return name, password


def last_run() -> tuple[str, str | None, str]:
    """(state, message, flow run) of the newest run."""
    row = query("select state, message, flow_run_id from ops.runs order by started_at desc limit 1")[0]
    return row[0], row[1], row[2]


def until(process: subprocess.Popen[str], done: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something is so, while the process runs."""
    end = time.monotonic() + seconds
    while not done():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)


def children() -> list[str]:
    """Command lines of processes that belong to a run of this test's home."""
    import psutil

    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        environment = process.info["environ"] or {}
        words = " ".join(process.info["cmdline"] or [])
        if environment.get("WEIR_HOME") == os.environ["WEIR_HOME"] and "python" in words and process.pid != os.getpid():
            found.append(words)
    return found
