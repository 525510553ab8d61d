"""Prefect's server by its own command line, and closed to everybody else: other users, other origins, old passwords."""

import base64
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from tests.servers.folders import claimed, remove
from tests.servers.nobody import as_nobody, read_by_nobody
from tests.support.served import BIN, Served
from tests.support.small_company import Company

pytestmark = pytest.mark.slow
SHARE = """
exposures:
  - name: orders_monday
    type: analysis
    owner: {name: Finance}
    depends_on: [ref('fct_orders')]
    config: {meta: {export: {to: exports/orders.csv, for: Finance, schedule: "0 6 * * 1"}}}
"""


@pytest.fixture(scope="module")
def served(warehouse_of_module: pytest.MonkeyPatch) -> Iterator[Served]:
    """It runs already, with one run behind it."""
    folder = claimed("weir-served-")
    home = folder / "home"
    warehouse_of_module.setenv("WEIR_HOME", str(home))
    for name in [name for name in os.environ if name.startswith("PREFECT_") or name == "WEIR_PREFECT_PORT"]:
        warehouse_of_module.delenv(name)
    with pytest.MonkeyPatch.context() as patch:
        company = Company(folder, patch)
        company.orders(1, 10)
        company.people("a.csv", ["ann@x.io,Ann"])
        (folder / "project" / "models" / "_exposures.yml").write_text(SHARE)
        lines = {
            "SHOP_URL": os.environ["SHOP_URL"],
            "WEIR_AS_OF": os.environ["WEIR_AS_OF"],
            "OF_CLOUD_KEY": "cloud-key",
        }
    warehouse_of_module.setenv("WEIR_PROJECT_DIR", str(folder / "project"))
    warehouse_of_module.setenv("LEADS_URL", f"file://{folder / 'leads'}")  # as if exported in the shell
    for name in ("PREFECT_WORKER_QUERY_SECONDS", "PREFECT_RUNNER_POLL_FREQUENCY"):
        warehouse_of_module.setenv(name, "1")  # nobody waits for what is asked every ten seconds
    home.mkdir()
    (home / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in lines.items()))
    made = Served(company, home)
    said = made.start()
    assert f"its login is weir:<password>, the password being WEIR_PREFECT_PASSWORD in {home / '.env'}" in said
    assert made.env()["WEIR_PREFECT_PASSWORD"] not in said
    yield made
    try:
        made.stop()
    finally:
        subprocess.run([str(BIN / "weir"), "down"], check=True, stdout=subprocess.DEVNULL)
        remove(folder)


def test_the_command_line_deploys_lists_runs_and_shows_logs(served: Served) -> None:
    assert {"elt/incremental", "elt/full-compare"} <= set(served.prefect("deployment", "ls").split())
    assert " weir " in served.prefect("work-pool", "ls")
    run = served.run_now()
    assert "COMPLETED" in served.prefect("flow-run", "ls").upper()
    assert "passed" in served.prefect("flow-run", "logs", run), "what the gates said"
    names = {"shop.orders", "leads.people", "stg_shop__orders", "fct_orders", "land", "publish"}
    tasks = served.ask("/task_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
    assert names <= {each["name"] for each in tasks}
    assert {each["state_name"] for each in tasks if each["name"] != "orders_monday"} == {"Completed"}
    assert all(each["start_time"] < each["end_time"] for each in tasks)


def test_the_page_of_a_run_shows_what_the_run_did(served: Served) -> None:
    """Artifacts: the balance, the gates and the changed rows as tables, and how the run ended, also when it failed."""
    served.company.orders(11, 14)
    found = served.artifacts(served.run_now())
    assert found.keys() == {"balance", "gates", "changed-rows", "run"}
    (orders,) = [row for row in found["balance"] if row["table"] == "shop.orders"]
    (mart,) = [row for row in found["changed-rows"] if row["mart"] == "fct_orders"]
    assert (orders["at source"], orders["staging"], orders["holds"], mart["rows"]) == (14, 14, "yes", 14)
    assert orders["landed"] == orders["accepted"] == mart["inserted"] >= 4
    assert ("raw", "shop", "passed") in {(row["gate"], row["scope"], row["verdict"]) for row in found["gates"]}
    assert "**The run succeeded.**" in found["run"] and "output.log" in found["run"]
    assert "(http://127.0.0.1:8580/dbt/#!/model/model.small.fct_orders)" in found["run"]
    served.company.shop("alter table orders rename to gone")
    failed = served.artifacts(served.run_now(exit_code=1))
    served.company.shop("alter table gone rename to orders")
    assert "**The run failed.**" in failed["run"] and "shop.orders" in failed["run"].replace("\\", "")


def test_a_share_is_a_deployment(served: Served) -> None:
    assert "share/orders-monday" in served.prefect("deployment", "ls")
    (schedule,) = served.ask("/deployments/name/share/orders-monday")["schedules"]
    assert schedule["schedule"]["cron"] == "0 6 * * 1" and schedule["active"]
    file = served.home / "exports" / "orders.csv"
    assert not file.exists()
    found = served.artifacts(served.run_now("share/orders-monday"))
    (row,) = found["export"]
    assert row["to"] == str(file) and row["rows"] == len(file.read_text().splitlines()) - 1 > 0
    said = served.prefect("deploy", "-n", "orders-monday")
    assert "orders-monday" in said, "by hand, too"


def test_what_a_person_switched_off_stays_off_also_with_a_new_password(served: Served) -> None:
    deployment = served.ask("/deployments/name/elt/full-compare")["id"]
    served.prefect("deployment", "schedule", "pause", "elt/incremental", _schedule(served, "incremental")["id"])
    served.ask(f"/deployments/{deployment}/pause_deployment", {})  # the switch of Prefect's pages
    served.stop()
    old = served.env()["WEIR_PREFECT_PASSWORD"]
    served.prefect("deploy", "--all")  # starts the server
    _replace(served, old, "another-word")
    assert _states(served) == (False, False), "the server that knew the old password is ended, nothing is lost"
    served.start()
    assert _states(served) == (False, False)
    assert _answer(f"{served.api()}/flows/filter", {}, **_login(old))[0] == 401
    served.prefect("deployment", "schedule", "resume", "elt/incremental", _schedule(served, "incremental")["id"])
    served.ask(f"/deployments/{deployment}/resume_deployment", {})
    assert _schedule(served, "incremental")["active"]


def test_a_run_is_cancelled_by_the_command_line(served: Served) -> None:
    from weir.warehouse.run_lock import run_lock

    with run_lock():  # the run waits for it
        said = served.prefect("deployment", "run", "elt/incremental")
        run = re.search(r"UUID: ([0-9a-f-]{36})", said)
        assert run, said
        _until(lambda: served.ask(f"/flow_runs/{run[1]}")["state_name"] == "Running")
        served.prefect("flow-run", "cancel", run[1])
        _until(lambda: served.ask(f"/flow_runs/{run[1]}")["state_name"] == "Cancelled")


def test_a_changed_line_of_the_env_file_reaches_the_next_run(served: Served) -> None:
    moved = served.company.folder / "moved.db"
    (served.company.folder / "shop.db").rename(moved)
    _replace(served, str(served.company.folder / "shop.db"), str(moved))
    assert served.ask(f"/flow_runs/{served.run_now()}")["state_name"] == "Completed"


def _replace(served: Served, old: str, new: str) -> None:
    file = served.home / ".env"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def _states(served: Served) -> tuple[bool, bool]:
    """Whether the one schedule and the other deployment are on."""
    served.prefect("work-pool", "ls")  # starts the server where it is down, or knows another password
    return _schedule(served, "incremental")["active"], not served.ask("/deployments/name/elt/full-compare")["paused"]


def _login(password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'weir:{password}'.encode()).decode()}"}


def _schedule(served: Served, name: str) -> dict[str, Any]:
    (schedule,) = served.ask(f"/deployments/name/elt/{name}")["schedules"]
    return schedule


def _until(done: Any, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.3)


def _answer(address: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str]]:
    """(status, headers) of a request by Python's own means."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return answer.status, dict(answer.headers)
    except urllib.error.HTTPError as refusal:
        return refusal.code, dict(refusal.headers)


def test_another_user_of_the_machine_starts_nothing(served: Served) -> None:
    api = served.api()
    step = {"prefect.deployments.steps.run_shell_script": {"script": "id > /tmp/whose"}}
    deployment = {"name": "x", "flow_id": "0" * 32, "work_pool_name": "weir", "pull_steps": [step]}
    asked = [
        ("/flows/", {"name": "theirs"}),
        ("/deployments/", deployment),
        ("/deployments/filter", {}),
        ("/flow_runs/filter", {}),
        ("/logs/filter", {}),
        ("/work_pools/weir/get_scheduled_flow_runs", {}),
        ("/variables/", {"name": "x", "value": 1}),
        ("/block_types/filter", {}),
        ("/admin/settings", None),
        ("/admin/database/clear", {"confirm": True}),
    ]
    # First as ourselves, without the password: what Python imports for it can't be read by that user.
    assert _answer(api + asked[0][0], asked[0][1])[0] == 401
    assert as_nobody(lambda: [_answer(api + path, body)[0] for path, body in asked]) == [401] * len(asked)
    assert as_nobody(lambda: _answer(f"{api}/flows/", {"name": "theirs"}, **_login("guessed"))[0]) == 401
    assert "theirs" not in {flow["name"] for flow in served.ask("/flows/filter", {})}
    assert read_by_nobody(served.home) == []


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
def test_a_page_of_another_origin_is_not_let_in(served: Served, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x"}
    for body in (None, {}):
        _, headers = _answer(f"{served.api()}/flows/filter", body, **asked)
        assert not {name for name in headers if name.lower().startswith("access-control-allow-origin")}, headers
    status, _ = _answer(f"{served.api()}/flows/", {"name": "theirs"}, **{"Content-Type": "text/plain"}, Origin=origin)
    assert status == 401
    # A name of theirs that leads to this machine makes the page one origin with the server: it lacks the password.
    assert _answer(f"{served.api()}/flows/", {"name": "theirs"}, Host="evil.example")[0] == 401


def test_the_pages_ask_for_the_password_and_the_server_holds_no_other_secret(served: Served) -> None:
    origin = served.api().removesuffix("/api")
    status, _ = _answer(f"{origin}/", None)
    with urllib.request.urlopen(f"{origin}/ui-settings") as answer:
        settings = json.load(answer)
    assert status == 200 and settings["auth"] == "BASIC" and settings["api_url"] == served.api()
    pid = int((served.home / "prefect" / "server.pid").read_text().split()[0])
    process = psutil.Process(pid)
    assert not {"WAREHOUSE_URL", "WEIR_PG_PASSWORD", "SHOP_URL", "OF_CLOUD_KEY"} & set(process.environ())
    assert {(at.laddr.ip) for at in process.net_connections("inet") if at.status == "LISTEN"} == {"127.0.0.1"}


def test_a_server_of_your_own_is_asked_as_you_have_set_it_up(served: Served) -> None:
    password = served.env()["WEIR_PREFECT_PASSWORD"]
    theirs = {"PREFECT_API_URL": served.api(), "WEIR_HOME": str(served.company.folder / "elsewhere")}
    command = [str(BIN / "prefect"), "deployment", "ls"]
    done = subprocess.run(command, env=os.environ | theirs, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr == f"Prefect at {served.api()} refuses the login: mend PREFECT_API_AUTH_STRING in .env\n"
    theirs["PREFECT_API_AUTH_STRING"] = f"weir:{password}"
    done = subprocess.run(command, env=os.environ | theirs, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "elt/incremental" in done.stdout
    assert not (served.company.folder / "elsewhere" / ".env").exists(), "no password is made for it"
