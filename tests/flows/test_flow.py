"""The flow end to end on a small company: what it publishes, what stops it, and how it ends whatever happens."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.small_company import Company

pytestmark = pytest.mark.slow
RUN = "import sys; from cli.run import run_elt; sys.exit(run_elt({}))"


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prefect server that the tests of this file share."""
    from flows import server

    before = dict(os.environ)
    os.environ["WEIR_HOME"] = str(tmp_path_factory.mktemp("prefect"))
    yield server.start()
    assert server.stop()
    assert server.running() is None
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def company(prefect: str, warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """The small company with 100 orders and two leads, and nothing landed."""
    return founded(prefect, tmp_path, monkeypatch, 100)


@pytest.fixture(scope="module")
def first(
    prefect: str, warehouse_of_module: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Company, tuple[int, str, str]]:
    """A small company with 300 orders and two leads, and its first run; each test that takes it leaves it published."""
    return founded(prefect, tmp_path_factory.mktemp("company"), warehouse_of_module, 300), run()


@pytest.fixture
def published(first: tuple[Company, tuple[int, str, str]]) -> Company:
    """That company, all that it has published."""
    assert query("select count(*) from analytics.fct_orders") == query("select count(*) from staging.stg_shop__orders")
    return first[0]


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


def test_a_run_publishes_and_is_told_in_prefect_then_nothing_is_done_twice(
    first: tuple[Company, tuple[int, str, str]],
) -> None:
    company, (code, out, err) = first
    assert (code, err) == (0, "")
    assert "302 rows changed in 2 marts." in out
    assert "/runs/flow-run/" in out
    assert query("select count(*) from analytics.fct_orders") == [(300,)]
    state, message, flow_run = last_run()
    assert (state, message, flow_state(flow_run)) == ("succeeded", None, "Completed")
    names = {"land", "gate raw", "build", "gate marts", "publish", "balance", "shop.orders", "leads.people",
             "stg_shop__orders", "stg_leads__people", "fct_orders", "dim_people",
             "unique_fct_orders_order_id", "not_null_fct_orders_order_id"}  # fmt: skip
    assert task_runs(flow_run) == dict.fromkeys(names, "Completed")

    code, out, err = run()
    assert (code, err) == (0, "")
    assert "Nothing new at the sources: what is published stays." in out
    assert set(task_runs(last_run()[2])) == names - {name for name in names if "_" in name}
    assert query("select count(*) from ops.publications") == [(1,)]

    query("update analytics.fct_orders set amount = 0 where order_id = 1 returning 1")
    code, _, err = run()
    assert code == 1
    assert "analytics.fct_orders is not as publication 1 left it" in err and "`weir publish` puts that right" in err

    company.orders(301, 301)
    code, out, _ = run()
    assert code == 0
    assert "2 rows changed in 2 marts." in out
    built = task_runs(last_run()[2])
    assert "fct_orders" in built
    assert "dim_people" not in built, "only what new rows touch is built"


def test_a_set_that_was_built_and_published_by_hand_is_known_to_the_next_run(published: Company) -> None:
    published.orders(701, 702)
    for words in ("land", "build", "check marts", "publish"):
        subprocess.run([sys.executable, "-m", "cli.app", *words.split()], check=True, capture_output=True, timeout=120)
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "Nothing new at the sources: what is published stays." in out
    assert query("select command, state from ops.runs order by started_at desc limit 3") == [
        ("run", "succeeded"), ("build", "succeeded"), ("land", "succeeded")
    ]  # fmt: skip


def test_a_failed_gate_stops_what_depends_on_it_until_accepted(published: Company) -> None:
    ((orders,),) = query("select count(*) from analytics.fct_orders")
    published.shop("delete from orders where order_id > 100")
    published.people("b.csv", ["cleo@x.io,Cleo"])
    code, out, err = run()
    assert code == 1
    assert f"orders lost {orders - 100} rows at the source, more than half of the {orders} it had" in err
    assert "gate raw shop: orders lost" in err
    assert '--accept "raw shop: orders: deletes"' in out
    assert query("select count(*) from analytics.fct_orders") == [(orders,)]
    assert query("select count(*) from analytics.dim_people") == [(2,)]
    assert last_run()[0] == "failed"
    code, _, err = run("accept=['raw shop: orders: deletes']")
    assert code == 1
    assert f"gate marts: fct_orders has 100 rows, less than half of the {orders} published last" in err
    assert query("select count(*) from analytics.fct_orders") == [(orders,)]
    assert run("accept=['raw shop: orders: deletes', 'marts: fct_orders']")[0] == 0
    assert query("select count(*) from analytics.fct_orders") == [(100,)]
    assert query("select count(*) from analytics.dim_people") == [(3,)]


def test_a_source_that_is_down_fails_the_others_land_and_readers_keep_the_last_set(published: Company) -> None:
    ((orders,),) = query("select count(*) from analytics.fct_orders")
    published.orders(901, 910)
    (published.folder / "leads").rename(published.folder / "gone")
    code, _, err = run()
    assert code == 1
    assert "leads" in err
    assert "nothing that depends on leads is built or published" in err
    assert query("select count(*) from staging.stg_shop__orders") == [(orders + 10,)]
    assert query("select count(*) from analytics.fct_orders") == [(orders,)]
    assert task_runs(last_run()[2])["land"] == "Failed"
    code, out, _ = run()
    assert code == 1 and "Nothing new at the sources" not in out, "nobody knows what is new at a source that is down"
    (published.folder / "gone").rename(published.folder / "leads")
    assert run()[0] == 0
    assert query("select count(*) from analytics.fct_orders") == [(orders + 10,)]


GHOSTS = """
version: 2
sources:
  - name: shop
    schema: raw_shop
    config: {meta: {connection: SHOP_URL}}
    tables:
      - {name: ghosts, config: {meta: {key: [id]}}}
      - {name: spirits, config: {meta: {key: [id]}}}
"""


def test_tables_that_fail_are_all_named_and_hold_back_what_stands_on_them_alone(published: Company) -> None:
    ((orders,),) = query("select count(*) from analytics.fct_orders")
    folder = published.folder / "project" / "models" / "staging" / "shop"
    (folder / "_ghosts__sources.yml").write_text(GHOSTS)
    (folder / "stg_shop__ghosts.sql").write_text(
        "with typed as (select {{ parse('id', 'bigint') }} as id, {{ carry(key=['id']) }} "
        "from {{ source('shop', 'ghosts') }}) select *, {{ reject({}) }} from typed"
    )
    published.orders(801, 810)
    code, _, err = run()
    assert code == 1
    assert "shop.ghosts: there is no table ghosts at the source" in err and "(and 1 more failed: shop.spirits)" in err
    assert "nothing that depends on shop.ghosts, shop.spirits is built or published" in err
    assert query("select count(*) from analytics.fct_orders") == [(orders + 10,)]
    for table in ("ghosts", "spirits"):
        published.shop(f"create table {table} (id integer primary key)")
        published.shop(f"insert into {table} values (1)")
    published.shop("alter table orders rename to hidden")
    published.people("late.csv", ["late@x.io,Late"])
    code, _, err = run()
    assert code == 1 and "nothing that depends on shop.orders is built or published" in err
    assert query("select count(*) from staging.stg_shop__ghosts") == [(1,)]
    assert query("select count(*) from staging.stg_leads__people where email = 'late@x.io'") == [(1,)]
    assert query("select count(*) from analytics.dim_people where email = 'late@x.io'") == [(0,)]
    published.shop("alter table hidden rename to orders")
    for name in ("_ghosts__sources.yml", "stg_shop__ghosts.sql"):
        (folder / name).unlink()
    assert run()[0] == 0
    assert query("select count(*) from analytics.dim_people where email = 'late@x.io'") == [(1,)]


def test_a_source_that_nobody_declared_is_an_error(company: Company) -> None:
    code, _, err = run("sources=['nosuch']")
    assert code == 1
    assert "nosuch" in err


def test_a_failed_dbt_test_publishes_nothing(published: Company) -> None:
    before = query("select count(*), max(order_id) from analytics.fct_orders")
    mart = published.folder / "project" / "models" / "marts" / "fct_orders.sql"
    good = mart.read_text()
    mart.write_text(good + " union all select 1, 0")
    code, out, err = run()
    assert code == 1
    assert "unique_fct_orders_order_id" in err
    assert "nothing is published" in err
    assert "/runs/flow-run/" in out and "weir docs" not in out, "where to look for the fault, and no more"
    assert task_runs(last_run()[2])["unique_fct_orders_order_id"] == "Failed"
    mart.write_text(good)
    assert query("select count(*), max(order_id) from analytics.fct_orders") == before
    assert run()[0] == 0, "the failed build is made good, though nothing has landed"
    assert query("select count(*), max(order_id) from analytics.fct_orders") == before


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
    company: Company, prefect: str, tmp_path_factory: pytest.TempPathFactory
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
    again["WEIR_HOME"] = str(next(tmp_path_factory.getbasetemp().glob("prefect*")))
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
