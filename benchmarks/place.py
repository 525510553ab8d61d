"""The place of a benchmark: a home of its own, and a source server of its own beside the warehouse.

Out: environment variables that Weir's commands read; all servers stopped and all files removed in the end.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from benchmarks.measure import measure

console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)


def say(text: str) -> None:
    """Print one line of progress at once."""
    console.print(text, markup=False, soft_wrap=True)


@contextmanager
def own_home(keep: bool = False) -> Iterator[Path]:
    """A WEIR_HOME for this benchmark alone: its own warehouse, demo and Prefect server."""
    home = Path(tempfile.mkdtemp(prefix="weir-benchmark-"))
    home.chmod(0o755)
    for name in [name for name in os.environ if name.endswith("_URL") or name.startswith("WEIR_")]:
        del os.environ[name]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # without it the second start would compile everything again
    os.environ |= {"WEIR_HOME": str(home), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}
    try:
        yield home
    finally:
        if os.environ.get("WEIR_DEMO"):
            measure([sys.executable, "-m", "demo", "helpdesk", "stop"], must_pass=False)
        measure(["weir", "down"], must_pass=False)
        if keep:
            say(f"kept: {home}")
        else:
            _remove(home)


def _remove(home: Path) -> None:
    from weir.warehouse.embedded.server import data_folder

    data = data_folder()  # for root it may lie outside the home
    shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


@contextmanager
def postgres_source(home: Path) -> Iterator[str]:
    """Start a PostgreSQL like the warehouse's, on data of its own; gives its URL."""
    from weir.warehouse.embedded.server import data_folder, start_server, stop_server

    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("WEIR_PG_")}
    folder = home / "source"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    try:
        with _environment(WEIR_HOME=str(folder)):
            url = start_server()
    finally:
        for name in [name for name in os.environ if name.startswith("WEIR_PG_")]:
            del os.environ[name]
        os.environ |= kept
    try:
        yield url
    finally:
        with _environment(WEIR_HOME=str(folder)):
            stop_server("immediate")
            shutil.rmtree(data_folder(), ignore_errors=True)


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ |= values
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
