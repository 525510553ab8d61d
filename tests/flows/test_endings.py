"""How a run ends, whatever happens: interrupted, killed, without its server, beside another run."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.flow import children, flow_state, last_run, query, run, start, task_runs, until
from tests.support.small_company import Company

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing_behind(company: Company, number: int) -> None:
    process = start()
    until(process, lambda: bool(query("select 1 from ops.landings")))
    process.send_signal(number)
    assert process.wait(60) == 130
    assert "interrupted" in process.communicate()[1]
    state, message, flow_run = last_run()
    assert (state, message, flow_state(flow_run)) == ("failed", "interrupted", "Crashed")
    assert not {"Running", "Pending"} & set(task_runs(flow_run).values())
    assert children() == []


def test_serving_ends_with_a_word_and_leaves_nothing_behind(company: Company) -> None:
    command = [sys.executable, "-c", "import sys; from cli.serve import serve; sys.exit(serve(docs=False))"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    assert any("Ctrl-C ends all of them" in line for line in process.stdout)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1] == "stopped; the warehouse runs on until `weir down`\n"
    assert process.returncode == 130
    assert children() == []


def test_a_killed_run_is_marked_crashed_by_the_next(company: Company) -> None:
    process = start()
    until(process, lambda: bool(query("select 1 from ops.landings")))
    process.kill()
    process.communicate(timeout=60)  # what it left behind may hold its pipes open
    killed = last_run()[2]
    assert last_run()[0] == "running"
    code, out, _ = run()
    assert code == 0
    assert "was killed: it is marked crashed" in out
    assert query("select state from ops.runs order by started_at") == [("crashed",), ("succeeded",)]
    assert flow_state(killed) == "Crashed"
    assert not {"Running", "Pending"} & set(task_runs(killed).values())
    assert query("select count(*) from analytics.fct_orders") == [(100,)]
    assert children() == []


def test_a_run_whose_prefect_server_dies_ends_soon_and_is_ended_there_by_the_next(
    company: Company, prefect: str, prefect_home: Path
) -> None:
    import psutil

    process = start()
    until(process, lambda: bool(query("select 1 from ops.runs")))
    [server] = [
        each for each in psutil.process_iter() if f"--port {prefect.split(':')[2].split('/')[0]}" in words(each)
    ]
    server.kill()
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    assert "Prefect's server is gone" in " ".join(out.split())
    assert len(err) < 500, "not a word for each event that could not be sent"
    assert last_run()[0] == "succeeded"
    assert query("select count(*) from analytics.fct_orders") == [(100,)]
    ended = last_run()[2]
    again = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    again["WEIR_HOME"] = str(prefect_home)
    subprocess.run([sys.executable, "-c", "from flows import server; server.start()"], env=again, check=True)
    assert flow_state(ended) == "Running"
    assert run()[0] == 0
    assert flow_state(ended) == "Completed"
    assert set(task_runs(ended).values()) <= {"Completed"}


def words(process: Any) -> str:
    """The command line of a process; empty where it is gone."""
    import psutil

    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def test_down_in_the_midst_of_a_run_refuses_or_ends_it_in_order(company: Company) -> None:
    def weir(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli.app", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    process = start()
    until(process, lambda: bool(query("select 1 from ops.runs")))
    [(name,)] = query("select run_id from ops.runs")
    refused = weir("down")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"run {name} (process {process.pid}) is under way, so nothing was stopped" in refused.stderr
    assert process.poll() is None and last_run()[0] == "running"
    told = " ".join(weir("status").stdout.split())
    assert f"run {name} (process {process.pid}) is under way: whether the balance holds can be said when" in told
    assert "does not hold" not in told
    forced = weir("down", "--force")
    assert forced.returncode == 0 and f"ended: run {name} (process {process.pid})" in forced.stdout, forced.stderr
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "interrupted" in err
    assert last_run()[:2] == ("failed", "interrupted")
    assert children() == []
    logs = Path(os.environ["WEIR_HOME"]) / "logs/runs" / name
    assert "interrupted" in (logs / "output.log").read_text()
    assert {path.name for path in logs.iterdir()} >= {"output.log", "expectations.worker.log"}


def test_the_second_of_two_runs_refuses_or_waits(company: Company) -> None:
    from weir.warehouse.run_lock import run_lock

    with run_lock():
        code, _, err = run("wait=False")
        assert code == 1
        assert err.count("\n") == 1
        assert "another run is under way on this warehouse" in err
        waiting = start()
        assert waiting.stdout
        assert "waiting for it" in waiting.stdout.readline()
    out, _ = waiting.communicate(timeout=300)
    assert waiting.returncode == 0, out
    assert query("select count(*) from ops.runs") == [(1,)]
