"""`weir watch`: what no run can say of itself, by its real command line, told once and over when it is over."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from tests.support.receivers import Receiver, receiver
from tests.support.small_company import Company
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.incidents import watched
from weir.incidents.fault import Looked
from weir.incidents.watched import disk, run_every

BIN = Path(sys.executable).parent


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiver() as made:
        monkeypatch.setenv("ALERT_URLS", made.address)
        monkeypatch.setenv("HEARTBEAT_URL", f"http://127.0.0.1:{made.port}/beat/tok3n-12345")
        yield made


@pytest.fixture
def company(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    return Company(tmp_path, monkeypatch)


def watch(exit_code: int = 0, **more: str) -> str:
    """`weir watch`; what it says."""
    done = subprocess.run([str(BIN / "weir"), "watch"], env=os.environ | {"COLUMNS": "200"} | more, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=120)  # fmt: skip
    assert done.returncode == exit_code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def ran(warehouse: str, hours_ago: float, state: str = "succeeded", seconds: float = 60, pid: int = 1) -> None:
    """Write a run down, as it would have been written that many hours ago."""
    began = datetime.now(UTC) - timedelta(hours=hours_ago)
    ended = began + timedelta(seconds=seconds) if state != "running" else None
    with psycopg.connect(warehouse) as connection:
        connection.execute(
            "insert into ops.runs (run_id, started_at, ended_at, state, as_of, host, pid) "
            "values (%s, %s, %s, %s, %s, %s, %s)",
            [f"run-{hours_ago}", began, ended, state, began, socket.gethostname(), pid],
        )


def incidents(warehouse: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(warehouse) as connection:
        query = "select cause, closed_at is null from ops.incidents order by incident_id"
        return connection.execute(query).fetchall()


def test_nothing_is_wrong_and_the_heartbeat_beats(company: Company, warehouse: str, hook: Receiver) -> None:
    assert "No incident is open." in watch()
    assert hook.calls == ["/beat/tok3n-12345"]
    hook.status = 500
    said = watch()
    assert "the heartbeat was not taken: check HEARTBEAT_URL" in said
    assert "tok3n-12345" not in said
    assert hook.bodies == []


def test_a_run_that_does_not_begin_is_told_once_and_over_with_the_next_run(
    company: Company, warehouse: str, hook: Receiver
) -> None:
    for hours in (7, 6, 5, 4):
        ran(warehouse, hours)
    said = watch(exit_code=1)
    assert "No run has begun on time" in said
    assert "It is the turn of whoever looks after the machine" in said
    watch(exit_code=1)
    assert hook.titles() == ["Weir: No run has begun on time"]
    ran(warehouse, 0.01)
    assert "is over: No run has begun on time" in watch()
    assert incidents(warehouse) == [("no run on time", False)]
    assert hook.titles()[1:] == ["Weir: over: No run has begun on time"]


def test_a_run_is_not_late_before_its_time(company: Company, warehouse: str) -> None:
    for hours in (25.4, 13.4, 1.4):  # every twelve hours
        ran(warehouse, hours)
    watch()
    watch(exit_code=1, RUN_EVERY="60m")
    watch(RUN_EVERY="2h")


def test_a_warehouse_without_runs_is_not_late_unless_runs_are_expected(company: Company, warehouse: str) -> None:
    watch()
    for text in ("often", "0h", "-1h", "1.5h", "99999999h"):
        assert f"RUN_EVERY is no span of time: '{text}'" in watch(exit_code=1, RUN_EVERY=text)


def test_the_span_of_time_is_read() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUN_EVERY", "90m")
        assert run_every() == timedelta(minutes=90)
        patch.setenv("RUN_EVERY", "x")
        with pytest.raises(WeirError, match="write it as 90m, 2h or 1d"):
            run_every()


def test_a_killed_run_and_one_that_hangs(company: Company, warehouse: str, hook: Receiver) -> None:
    for hours in (6.2, 5.2, 4.2):
        ran(warehouse, hours)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    ran(warehouse, 3.2, state="running", pid=gone.pid)
    assert "A run was killed" in watch(exit_code=1)
    with psycopg.connect(warehouse) as connection:
        # of a process that is there, on a machine of which nobody can say more
        connection.execute("update ops.runs set host = 'elsewhere' where state = 'running'")
    assert "A run takes very long" in watch(exit_code=1)
    assert ("run takes very long", True) in incidents(warehouse)


def test_a_run_of_this_machine_hangs_while_its_process_is_there() -> None:
    began = datetime.fromtimestamp(psutil.Process().create_time(), UTC)
    over = [(f"run-{n}", began - timedelta(hours=n), "succeeded", socket.gethostname(), 1, 60.0) for n in (1, 2, 3)]
    for pid, told in ((os.getpid(), [Cause.RUN_HANGS]), (2**22 + 1, [])):
        looked = Looked()
        running = ("run", began, "running", socket.gethostname(), pid, None)
        watched._hanging(looked, [running, *over], began + timedelta(hours=3))
        assert [fault.cause for fault in looked.faults] == told


def test_a_nearly_full_disk(tmp_path: Path) -> None:
    looked = Looked()
    disk(looked, tmp_path)
    free = shutil.disk_usage(tmp_path)
    assert bool(looked.faults) == (free.free < 0.05 * free.total)
    assert looked.areas == {"disk nearly full"}


def test_an_outage_of_the_warehouse_is_told_though_nothing_can_be_written(
    company: Company, warehouse: str, hook: Receiver, home: Path
) -> None:
    watch()
    nobody = "postgresql://weir:x@127.0.0.1:1/weir"
    for _ in range(2):
        said = watch(exit_code=1, WAREHOUSE_URL=nobody)
        assert "Readers can't read anything until it is back." in said
    assert hook.titles() == ["Weir: The warehouse can't be reached"]
    assert oct((home / "outage.json").stat().st_mode)[-3:] == "600"
    page = (home / "portal" / "index.html").read_text()
    assert "<h1>The warehouse can&#x27;t be reached. Readers can&#x27;t read anything until it is back.</h1>" in page
    assert "is over: The warehouse can't be reached" in watch()
    assert "The warehouse can" not in (home / "portal" / "index.html").read_text().split("Lately over")[0]
    assert incidents(warehouse) == [("warehouse is down", False)]
    assert hook.titles()[1:] == ["Weir: over: The warehouse can't be reached"]
    assert not (home / "outage.json").exists()
    watch()
    assert len(hook.titles()) == 2


def test_a_damaged_file_of_the_outage_is_passed_over(company: Company, warehouse: str, home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "outage.json").write_text('{"cause": ')
    assert "No incident is open." in watch()


def test_what_is_wrong_with_the_watchdog_is_no_outage(company: Company, warehouse: str, home: Path) -> None:
    assert "RUN_EVERY is no span of time" in watch(exit_code=1, RUN_EVERY="often")
    assert not (home / "outage.json").exists()
    home.mkdir(exist_ok=True)
    (home / "portal").write_text("a file where the folder should be")
    for hours in (7, 6, 5, 4):
        ran(warehouse, hours)
    assert "portal: the portal can't be written" in watch(exit_code=1)
    assert not (home / "outage.json").exists()


def test_a_run_of_another_machine_and_one_of_the_future_say_nothing(company: Company, warehouse: str) -> None:
    ran(warehouse, 0.1, state="running", pid=1)
    ran(warehouse, -9000)
    with psycopg.connect(warehouse) as connection:
        connection.execute("update ops.runs set host = 'another' where state = 'running'")
    assert "No incident is open." in watch()
    for hours in (7, 6, 5, 4):
        ran(warehouse, hours)
    with psycopg.connect(warehouse) as connection:
        connection.execute("delete from ops.runs where state = 'running'")
    assert "No run has begun on time" in watch(exit_code=1)


def test_looks_at_the_same_moment_tell_of_an_outage_once(company: Company, warehouse: str, hook: Receiver) -> None:
    environment = os.environ | {"WAREHOUSE_URL": "postgresql://weir:x@127.0.0.1:1/weir"}
    looks = [
        subprocess.Popen(
            [str(BIN / "weir"), "watch"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(3)
    ]
    assert [look.wait(120) for look in looks] == [1, 1, 1]
    assert hook.titles() == ["Weir: The warehouse can't be reached"]
