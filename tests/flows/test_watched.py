"""`weir watch` on the schedule: it notices a worker and a server that are killed, and when they are back."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.small_company import Company
from weir.core.settings import ROOT

pytestmark = pytest.mark.slow
BIN = Path(sys.executable).parent


@pytest.fixture
def deployed(warehouse: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """The small company with its deployments on a Prefect server of its own."""
    from flows import server

    for name in [name for name in os.environ if name.startswith(("PREFECT_", "WEIR_PREFECT"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_WORKER_HEARTBEAT_SECONDS", "1")
    monkeypatch.setenv("PREFECT_SERVER_SERVICES_FOREMAN_LOOP_SECONDS", "2")
    made = Company(tmp_path, monkeypatch)
    said = subprocess.run(
        [str(BIN / "prefect"), "deploy", "--all"], cwd=ROOT, capture_output=True, text=True, timeout=180
    )
    assert said.returncode == 0, said.stdout + said.stderr
    try:
        yield made
    finally:
        server.stop()


def watch(exit_code: int) -> str:
    """`weir watch`; what it says."""
    done = subprocess.run([str(BIN / "weir"), "watch"], env=os.environ | {"COLUMNS": "200"}, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=120)  # fmt: skip
    assert done.returncode == exit_code, done.stdout + done.stderr
    return done.stdout + done.stderr


def until(exit_code: int) -> str:
    """`weir watch`, again and again until it ends with the exit code; what it says then."""
    for _ in range(60):
        done = subprocess.run([str(BIN / "weir"), "watch"], env=os.environ, capture_output=True, text=True, timeout=120)
        if done.returncode == exit_code:
            return done.stdout + done.stderr
        time.sleep(1)
    raise AssertionError(done.stdout + done.stderr)


def worker() -> subprocess.Popen[bytes]:
    """A worker, as a timer or a person starts it."""
    return subprocess.Popen(
        [str(BIN / "prefect"), "worker", "start", "--pool", "weir", "--name", "weir"],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def test_a_dead_worker_and_a_dead_server_are_noticed(deployed: Company, warehouse: str) -> None:
    assert "The worker of the schedule is dead" in watch(1)  # none was ever started
    first = worker()
    try:
        assert "No incident is open." in until(0)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        assert "gives no sign of life" in until(1)
        second = worker()
        try:
            until(0)
        finally:
            os.killpg(second.pid, signal.SIGTERM)
            second.wait(60)
    finally:
        if first.poll() is None:
            os.killpg(first.pid, signal.SIGKILL)
    from flows import server

    pid = server.running()
    assert pid
    os.killpg(pid, signal.SIGKILL)
    assert "Prefect does not answer" in until(1)
    with psycopg.connect(warehouse) as connection:
        query = "select cause, count(*) from ops.incidents group by cause order by cause"
        assert connection.execute(query).fetchall() == [("Prefect is down", 1), ("worker is dead", 2)]
    subprocess.run([str(BIN / "weir"), "up"], check=True, stdout=subprocess.DEVNULL, timeout=180)
    with psycopg.connect(warehouse) as connection:
        watch(1)  # the worker was ended
        query = "select cause from ops.incidents where closed_at is null"
        assert connection.execute(query).fetchall() == [("worker is dead",)]
    subprocess.run([str(BIN / "weir"), "down"], check=True, stdout=subprocess.DEVNULL, timeout=180)
