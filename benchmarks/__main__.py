"""`python -m benchmarks …`: measures on this machine, in a home of its own, and prints a table."""

import os
import signal
import statistics
import sys
from typing import Annotated

import typer
from rich.table import Table

from benchmarks import page
from benchmarks.measure import Measured, measure
from benchmarks.place import console, own_home
from weir.core.settings import ROOT

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Found = tuple[str, list[list[object]], str]  # title, lines and note of a table
Write = Annotated[bool, typer.Option(help="Keep the table in docs/reference/benchmarks.md.")]


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
    with own_home(keep):
        measure([sys.executable, "-m", "demo", "make", "--accounts", str(accounts)])
        first = measure(["weir", "run"])
        measure(["dbt", "build"])  # so that its schemas exist, like those of the run
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
    with own_home(keep):
        rows = []
        for step, command in steps.items():
            rows.append((step, measure(command, must_pass=False)))
            console.print(f"{step}: {rows[-1][1].seconds:.1f} s, {rows[-1][1].peak_mb:.0f} MB")
        _table(f"{accounts:,} accounts, step by step", rows)


@app.command()
def landing(
    rows: int = 2_000_000,
    source: Annotated[str, typer.Option(help="postgres, mysql or mongodb")] = "postgres",
    peers: Annotated[str, typer.Option(help="of sling,ingestr,dlt; empty for none")] = "sling,ingestr,dlt",
    rounds: int = 3,
    peer_rounds: Annotated[int, typer.Option(help="Rounds in which the peers take part; 0 is all.")] = 0,
    write: Write = False,
    keep: bool = False,
) -> None:
    """Land by the limit, Weir and its peers: rate, share of the limit, peak memory, CPU."""
    from benchmarks.landing import HEAD, measure_landing

    names = [name.strip() for name in peers.split(",") if name.strip()]
    found = measure_landing(source, rows, names, rounds, peer_rounds or rounds, keep)
    page.show(f"landing {source} {rows}", *_with_head(found, HEAD), write)


@app.command()
def increment(
    rows: int = 2_000_000, tables: int = 50, rounds: int = 5, write: Write = False, keep: bool = False
) -> None:
    """Land 1 % of a table as a share of the full load, and unchanged tables beside `import dlt`."""
    from benchmarks.increment import HEAD, measure_changed, measure_unchanged

    page.show("unchanged", *_with_head(measure_unchanged(tables, rounds, keep), HEAD), write)
    if rows:
        page.show(f"changed {rows}", *_with_head(measure_changed(rows, rounds, keep), HEAD), write)


@app.command()
def growth(millions: str = "1,2,5,10,20", rounds: int = 3, write: Write = False, keep: bool = False) -> None:
    """Measure the time of `weir land` by the number of rows."""
    from benchmarks.growth import HEAD, measure_growth

    sizes = [round(float(size) * 1_000_000) for size in millions.split(",")]
    page.show("growth", *_with_head(measure_growth(sizes, rounds, keep), HEAD), write)


@app.command()
def masking(times: int = 10, rounds: int = 5, write: Write = False, keep: bool = False) -> None:
    """Publish with masks and private marts, beside the same publication in clear."""
    from benchmarks.masking import HEAD, measure_masking

    page.show("masking", *_with_head(measure_masking(times, rounds, keep), HEAD), write)


@app.command()
def export(rows: int = 5_000_000, rounds: int = 3, write: Write = False, keep: bool = False) -> None:
    """Export a mart by `weir export` and by `psql \\copy`, as CSV, JSON lines and Parquet."""
    from benchmarks.export import HEAD, measure_export

    page.show("export", *_with_head(measure_export(rows, rounds, keep), HEAD), write)


@app.command()
def reads(seconds: int = 10, rounds: int = 5, write: Write = False, keep: bool = False) -> None:
    """Measure what the record of reads costs an analyst's queries, by pgbench, logged and not logged."""
    from benchmarks.reads import HEAD, measure_reads

    page.show("reads", *_with_head(measure_reads(seconds, rounds, keep), HEAD), write)


@app.command()
def questions(accounts: int = 5_000, rounds: int = 3, write: Write = False, keep: bool = False) -> None:
    """Ask the questions of `analyses/` of the marts and of raw, prove the answers equal, and tell both times."""
    from benchmarks.questions.measured import HEAD, measure_questions

    page.show("questions", *_with_head(measure_questions(accounts, rounds, keep), HEAD), write)


@app.command()
def change(
    accounts: Annotated[str, typer.Option(help="Sizes of the demo.")] = "5000,50000",
    refresh: Annotated[
        str, typer.Option(help="After which changes a full refresh is made: all (but hour and week), last, none.")
    ] = "all",
    events: Annotated[int, typer.Option(help="Events of the hour; the late week has ten times as many.")] = 100,
    write: Write = False,
    keep: bool = False,
) -> None:
    """Measure a run after a day, an hour, a late week and a mended account, beside a full refresh of the same state."""
    from benchmarks.change.measured import HEAD, ROWS, measure_change

    if refresh not in {"all", "last", "none"}:
        raise typer.BadParameter("--refresh takes all, last or none")
    sizes = [int(size) for size in accounts.split(",")]
    seconds, rows = measure_change(sizes, refresh, events, keep)
    page.show("change", *_with_head(seconds, HEAD), write)
    page.show("change rows", *_with_head(rows, ROWS), write)


@app.command()
def engines(
    accounts: Annotated[str, typer.Option(help="Sizes of the demo.")] = "500,5000,50000",
    cores: Annotated[str, typer.Option(help="Sizes of the Spark cluster.")] = "1,2,4",
    memory: Annotated[str, typer.Option(help="Of each of its two executors.")] = "3g",
    write: Write = False,
    keep: bool = False,
) -> None:
    """Build the models on PostgreSQL and on Spark, at first and a day later; needs `make setup-spark`."""
    from benchmarks.engines import HEAD, measure_engines

    sizes, numbers = ([int(one) for one in text.split(",")] for text in (accounts, cores))
    found = measure_engines(sizes, numbers, memory, keep)
    page.show(f"engines {accounts}", *_with_head(found, HEAD), write)


@app.command()
def models(accounts: int = 5_000, slowest: int = 10, rounds: int = 2, write: Write = False, keep: bool = False) -> None:
    """Measure the slowest models of a first build, each beside a `create table as` of its compiled select."""
    from benchmarks.models import HEAD, measure_models

    page.show("models", *_with_head(measure_models(accounts, slowest, rounds, keep), HEAD), write)


@app.command()
def guards(
    address: Annotated[str, typer.Argument(help="The address of a source, which is only read.")],
    schema: Annotated[list[str] | None, typer.Option(help="As `weir add` takes it.")] = None,
    each: Annotated[int, typer.Option(help="In how many places each kind of fault is put.")] = 3,
    only: Annotated[str, typer.Option(help="Only kinds whose name holds this.")] = "",
    name: Annotated[str, typer.Option(help="Of the table in the page.")] = "",
    write: Write = False,
    keep: bool = False,
) -> None:
    """Put faults into a copy of the source, run what `weir add` writes for it, and tell which guard caught each."""
    from benchmarks.guards.measured import HEAD, MISSED, measure_guards

    more = [word for each_ in schema or [] for word in ("--schema", each_)]
    (title, lines, note), (title2, lines2, note2) = measure_guards(address, more, each, only, keep)
    page.show(f"guards {name}".strip(), f"{title} {name}".strip(), HEAD, lines, note, write)
    if lines2:
        page.show(f"guards missed {name}".strip(), f"{title2} {name}".strip(), MISSED, lines2, note2, write)


def _with_head(found: Found, head: list[str]) -> tuple[str, list[str], list[list[object]], str]:
    title, lines, note = found
    return title, head, lines, note


if __name__ == "__main__":
    os.chdir(ROOT)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `timeout` leaves no server and no folder
    app()
