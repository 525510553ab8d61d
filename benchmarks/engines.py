"""`python -m benchmarks engines`: builds the same models on PostgreSQL and on a local Spark cluster, at several sizes.

In: sizes of the demo, numbers of cores, the memory of an executor. Out: for each, the seconds of a first build of all
models and of the build a day later; on Spark also those of bringing the landed rows to the lake. Tests are left out,
as `weir parity` leaves them out. Each cluster is fresh for its first build, and the same one for the day's.
"""

import os
import sys
import time
from dataclasses import dataclass

from benchmarks import page
from benchmarks.measure import measure
from benchmarks.place import own_home, say
from weir import warehouse
from weir.core.settings import home

HEAD = ["accounts#", "landed rows#", "engine", "cores#", "to the lake#", "first build#", "times PostgreSQL's#",
        "rows of the day#", "its way to the lake#", "build a day later#", "times PostgreSQL's#"]  # fmt: skip
_DEMO = [sys.executable, "-m", "demo"]
_BUILD = [sys.executable, "-m", "cli.dbt", "build", "--exclude-resource-type", "test", "unit_test",
          "--exclude", "path:models/ops"]  # fmt: skip
Table = tuple[str, list[list[object]], str]


@dataclass
class Times:
    """Seconds on an engine: of the way to the lake and of the build, at first and a day later; rows that had landed."""

    rows: int
    lake: float | None
    first: float
    of_the_day: int = 0
    lake_later: float | None = None
    later: float = 0.0


def measure_engines(sizes: list[int], cores: list[int], memory: str, keep: bool) -> Table:
    """Measure each size on both engines; returns title, lines and note of a table."""
    lines: list[list[object]] = []
    for size in sizes:
        with own_home(keep):
            lines += _lines(size, *_measured(size, cores, memory))
    note = (
        f"{memory} of memory for each executor; after each cluster's first build a day is built on both engines, and "
        f"PostgreSQL's line shows the first of these; {page.machine()}"
    )
    shown = ", ".join(f"{size:,}" for size in sizes)
    return f"Models built on PostgreSQL and on Spark, seconds, {shown} accounts", lines, note


def _lines(size: int, here: list[Times], there: dict[int, Times]) -> list[list[object]]:
    lines: list[list[object]] = [_line(size, "PostgreSQL", None, here[0], here[0])]
    return lines + [
        _line(size, "Spark", cores, each, mine) for (cores, each), mine in zip(there.items(), here, strict=True)
    ]


def _line(size: int, engine: str, cores: int | None, each: Times, mine: Times) -> list[object]:
    times = (f"{each.first / mine.first:.1f}", f"{each.later / mine.later:.1f}") if cores else (None, None)
    return [size, each.rows, engine, cores, _told(each.lake), f"{each.first:.1f}", times[0],
            each.of_the_day, _told(each.lake_later), f"{each.later:.1f}", times[1]]  # fmt: skip


def _told(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds:.1f}"


def _measured(size: int, cores: list[int], memory: str) -> tuple[list[Times], dict[int, Times]]:
    """The times of PostgreSQL, one for each cluster, and those of each cluster."""
    measure([*_DEMO, "make", "--accounts", str(size)])
    measure(["weir", "land"])
    _a_day_later()  # the first day renames a column, so that much is made anew
    first = _build("here_")
    here, there = list[Times](), dict[int, Times]()
    for number in cores:
        os.environ |= {"WEIR_SPARK_CORES": str(number), "WEIR_SPARK_MEMORY": memory}
        measure(["weir", "spark", "up"])
        rows = _rows()
        sent = _to_the_lake()
        of_all = None if there else sent  # another cluster finds what the one before has been brought
        on_spark = there[number] = Times(rows, of_all, _build(f"there_{number}_", spark=True))
        _a_day_later()
        of_the_day = _rows() - rows
        here.append(Times(rows, None, first, of_the_day, None, _build("here_")))
        on_spark.of_the_day, on_spark.lake_later = of_the_day, _to_the_lake()
        on_spark.later = _build(f"there_{number}_", spark=True)
        say(f"{size:,} accounts, {number} cores: {here[-1]}, {on_spark}")
    return here, there


def _a_day_later() -> None:
    os.environ.pop("WEIR_AS_OF", None)  # connecting has put it there; `.env` holds the demo's new one
    measure([*_DEMO, "tick", "--days", "1"])
    measure(["weir", "land"])


def _build(prefix: str, spark: bool = False) -> float:
    """Build all models, on Spark or on PostgreSQL, in schemas with the prefix; returns the seconds."""
    from weir.spark.local import cluster

    running = cluster.running() if spark else None
    assert running or not spark
    os.environ.pop("WEIR_AS_OF", None)
    told = measure(
        [*_BUILD, "--target-path", str(home() / "target" / f"benchmark-{prefix}")],
        env={"WEIR_SPARK_URL": running.url if running else "", "DBT_DEV_PREFIX": prefix, "DBT_TARGET": "dev",
             "WEIR_LAKE": _lake()},
    )  # fmt: skip
    say(f"  {prefix}: {told.seconds:.1f} s")
    return told.seconds


def _lake() -> str:
    folder = home().resolve() / "lake"
    folder.mkdir(exist_ok=True)
    return folder.as_uri()


def _to_the_lake() -> float:
    """Bring what landed to the lake; returns the seconds."""
    from weir.spark import server
    from weir.spark.current import bring_up_to_date
    from weir.spark.local import cluster

    running = cluster.running()
    assert running
    os.environ |= {"WEIR_SPARK_URL": running.url, "WEIR_LAKE": _lake()}
    chosen = server.chosen()
    assert chosen
    started = time.perf_counter()
    bring_up_to_date(chosen)
    for name in ("WEIR_SPARK_URL", "WEIR_LAKE"):
        del os.environ[name]
    return time.perf_counter() - started


def _rows() -> int:
    """The rows that have landed so far."""
    with warehouse.connect(warehouse.Role.OWNER) as connection:
        row = connection.execute("select coalesce(sum(landed), 0)::bigint from ops.landings").fetchone()
    assert row
    return int(row[0])
