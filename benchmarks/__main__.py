"""`python -m benchmarks nothing-new | large`: measured on this machine, in a home of its own, printed as a table."""

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Measured, measure
from weir.settings import ROOT

app = typer.Typer(no_args_is_help=True, add_completion=False)
console = Console()


@contextmanager
def _own_home(keep: bool) -> Iterator[None]:
    """A WEIR_HOME for this benchmark alone: its own warehouse, demo and Prefect server."""
    home = Path(tempfile.mkdtemp(prefix="weir-benchmark-"))
    home.chmod(0o755)
    for name in [name for name in os.environ if name.endswith("_URL") or name.startswith("WEIR_")]:
        del os.environ[name]
    os.environ |= {"WEIR_HOME": str(home), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    try:
        yield
    finally:
        measure([sys.executable, "-m", "demo", "helpdesk", "stop"], must_pass=False)
        measure(["weir", "down"], must_pass=False)
        if keep:
            console.print(f"kept: {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)


def _table(title: str, rows: list[tuple[str, Measured]]) -> None:
    table = Table(title=title)
    for name in ("step", "seconds", "peak of our Python processes, MB", "exit"):
        table.add_column(name, justify="left" if name == "step" else "right")
    for step, measured in rows:
        table.add_row(step, f"{measured.seconds:.1f}", f"{measured.peak_mb:.0f}", str(measured.exit_code))
    console.print(table)


@app.command("nothing-new")
def nothing_new(accounts: int = 500, rounds: int = 5, keep: bool = False) -> None:
    """`weir run` with nothing new at the sources, beside a plain `dbt build` of the same project, alternating."""
    with _own_home(keep):
        measure([sys.executable, "-m", "demo", "make", "--accounts", str(accounts)])
        first = measure(["weir", "run"])
        measure(["dbt", "build"])  # its schemas exist, as those of the run do
        ours, plain = [], []
        for _ in range(rounds):
            ours.append(measure(["weir", "run"]))
            plain.append(measure(["dbt", "build"]))
        _table(
            f"nothing new, {accounts} accounts, {rounds} rounds",
            [("weir run, the first", first)]
            + [("weir run", one) for one in ours]
            + [("dbt build", one) for one in plain],
        )
        ratio = statistics.median(m.seconds for m in ours) / statistics.median(m.seconds for m in plain)
        console.print(f"weir run / dbt build, medians: {ratio:.2f}")


@app.command()
def large(accounts: int = 50_000, keep: bool = False) -> None:
    """Each step of the pipeline by itself at a large size, with its time and the peak of our Python processes."""
    steps = {
        "demo make": [sys.executable, "-m", "demo", "make", "--accounts", str(accounts)],
        "land": ["weir", "land"],
        "check raw": ["weir", "check", "raw"],
        "build": ["weir", "build"],
        "check marts": ["weir", "check", "marts"],
        "publish": ["weir", "publish"],
        "verify": ["weir", "verify"],
        "run, nothing new": ["weir", "run"],
    }
    with _own_home(keep):
        rows = []
        for step, command in steps.items():
            rows.append((step, measure(command, must_pass=False)))
            console.print(f"{step}: {rows[-1][1].seconds:.1f} s, {rows[-1][1].peak_mb:.0f} MB")
        _table(f"{accounts:,} accounts, step by step", rows)


if __name__ == "__main__":
    os.chdir(ROOT)
    app()
