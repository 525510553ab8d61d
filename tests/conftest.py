"""What every test may use: a real PostgreSQL server per test process, fresh databases on it, a home of its own."""

import importlib.util
import os
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.folders import claimed, remove
from tests.support.real_data import DATA

_TESTS = Path(__file__).parent
# What some tests need, by their mark: whether it is there, and what to say where it is not.
_NEEDED = {
    "real_data": (DATA.is_dir(), f"the data sets are not at {DATA}; WEIR_TEST_DATA may name another folder"),
    "spark": (importlib.util.find_spec("pyspark") is not None, "Spark is not installed: type `make setup-spark`"),
}
# Whoever starts the tests in the background of a script makes them, and what they start, deaf to Ctrl-C.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Before anything of Weir is imported: no test reads or writes the settings of the checkout.
_HOME = claimed("weir-test-")
os.environ["WEIR_HOME"] = str(_HOME)
for _name in [name for name in os.environ if name.endswith("_URL") and name.split("_")[0] in
              {"WAREHOUSE", "APP", "BILLING", "PRODUCT", "HELPDESK", "DROPS", "PREFECT"}]:  # fmt: skip
    del os.environ[_name]
for _name in (
    "WEIR_SPARK_URL",
    "WEIR_SPARK_JAVA",
    "WEIR_SPARK_METASTORE",
    "WEIR_LAKE",
    "WEIR_AS_OF",
    "ALERT_URLS",
    "HEARTBEAT_URL",
    "RUN_EVERY",
):
    os.environ.pop(_name, None)
# One executor: to start and warm up a second costs more than the few rows of a test gain by it.
os.environ["WEIR_SPARK_CORES"] = "1"
os.environ.pop("WEIR_SPARK_MEMORY", None)
# One server has many warehouses here, and its roles one password each: every home of a test knows them.
for _name in ("LOADER", "DBT", "PUBLISHER", "ANALYST"):
    os.environ[f"WEIR_{_name}_PASSWORD"] = f"{_name} {uuid.uuid4().hex} @:/?#'%\\\"ü"

# Two processes take file after file: the longest come first, or one would still be at them when all else is done.
_LONGEST = [
    "end_to_end/test_demo.py",
    "incidents/library/test_library.py",
    "flows/test_flow.py",
    "flows/test_endings.py",
    "flows/test_prefect.py",
    "ingest/test_dying_servers.py",
    "demo/test_servers.py",
    "end_to_end/test_real_data.py",
    "incidents/test_faults.py",
    "spark/test_cluster.py",
    "spark/test_parity.py",
    "spark/test_hadoop.py",
    "spark/test_runs.py",
    "spark/test_by_hand.py",
    "spark/test_batched.py",
    "portal/test_browser.py",
    "flows/test_incidents.py",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first; skip the tests that need what is not there (in CI: fail)."""
    if os.environ.get("CI") != "true":
        for item in items:
            for word in _lacking(item):
                item.add_marker(pytest.mark.skip(reason=word))
    order = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: order.get(item.path.relative_to(_TESTS).as_posix(), len(order)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test that needs what is not there; it was not skipped, so this is CI."""
    for word in _lacking(item):
        pytest.fail(word, pytrace=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in a line each how many tests were skipped for want of what they need."""
    reports = terminalreporter.stats.get("skipped", [])
    for _, word in _NEEDED.values():
        if skipped := [report for report in reports if word in str(report.longrepr)]:
            terminalreporter.write_line(f"{len(skipped)} tests skipped: {word}", yellow=True)


def _lacking(item: pytest.Item) -> list[str]:
    """Say of each thing that the test needs and that is missing what to do."""
    return [word for mark, (there, word) in _NEEDED.items() if not there and item.get_closest_marker(mark)]


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """What a test puts in the environment (ensure() does, load_env() does) ends with it."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """URL of a real embedded server, made for this test process and removed after it."""
    import psycopg

    from weir.warehouse.embedded.server import data_folder, start_server, stop_server

    url = start_server()
    with psycopg.connect(url, autocommit=True) as connection:  # nothing here outlives the machine
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"alter system set {setting} = off")
        connection.execute("select pg_reload_conf()")
    yield url
    stop_server("immediate")
    remove(data_folder(), _HOME)


@pytest.fixture(scope="session")
def database(server: str) -> Callable[[], str]:
    """A function that makes a fresh, empty database on the test server and returns its URL."""
    import psycopg

    def make() -> str:
        name = f"test_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"create database {name}")
        return server.rsplit("/", 1)[0] + f"/{name}"

    return make


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A WEIR_HOME, and so a .env, of the test's own."""
    monkeypatch.setenv("WEIR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def warehouse(database: Callable[[], str], home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of a fresh warehouse (a database with the `ops` tables) that WAREHOUSE_URL names."""
    return _made_warehouse(monkeypatch, database())


@pytest.fixture(scope="module")
def warehouse_of_module(
    database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[pytest.MonkeyPatch]:
    """A home and a warehouse that the tests of a file share; what else is to hold for all of them is set by it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_HOME", str(tmp_path_factory.mktemp("home")))
        _made_warehouse(patch, database())
        yield patch


def _made_warehouse(patch: pytest.MonkeyPatch, url: str) -> str:
    import psycopg

    from weir.warehouse import ensure

    patch.setenv("WAREHOUSE_URL", url)
    for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE", "SSLMODE"):
        patch.setenv(f"WEIR_PG_{name}", "")
    made = ensure()
    with psycopg.connect(made, autocommit=True) as connection:
        # Tests write as the owner what landing or dbt writes otherwise: the roles may read that, publication write it.
        for each in ("select on tables to weir_dbt", "usage on schemas to weir_dbt", "all on tables to weir_publisher",
                     "all on schemas to weir_publisher, weir_loader", "all on tables to weir_loader"):  # fmt: skip
            connection.execute(f"alter default privileges grant {each}")
    return made
