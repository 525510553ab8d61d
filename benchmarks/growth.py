"""`python -m benchmarks growth`: measures `weir land` by the number of rows."""

import statistics

from benchmarks import page, tables
from benchmarks.landing import clean
from benchmarks.measure import Measured, measure
from benchmarks.place import own_home, postgres_source, say
from benchmarks.sources import declare

HEAD = ["rows#", "seconds#", "rows/s#", "time of a tenth of the rows, times#", "peak MB#", "rounds"]


def measure_growth(sizes: list[int], rounds: int, keep: bool) -> tuple[str, list[list[object]], str]:
    """Measure each size; returns title, lines and note of the table."""
    found: dict[int, list[Measured]] = {size: [] for size in sizes}
    with own_home(keep) as home:
        from weir import warehouse

        target = warehouse.ensure()
        for size in sizes:
            with postgres_source(home) as url:
                say(f"making {size:,} rows …")
                tables.make_postgres(url, size, 0)
                declare(home / "project", url, ["rows"])
                for number in range(rounds):
                    clean(target)
                    found[size].append(measure(["weir", "land"]))
                    one = found[size][-1]
                    say(f"{size:,} rows, round {number + 1}: {one.seconds:.2f} s, {one.peak_mb:.0f} MB")
    middle = {size: statistics.median(m.seconds for m in found[size]) for size in sizes}
    lines: list[list[object]] = [
        [size, f"{middle[size]:.2f}", round(size / middle[size]),
         f"{middle[size] / middle[size // 10]:.1f}" if size // 10 in middle else None,
         round(max(m.peak_mb for m in found[size])), " ".join(f"{m.seconds:.1f}" for m in found[size])]
        for size in sizes
    ]  # fmt: skip
    return f"`weir land` by the number of rows, PostgreSQL, {rounds} rounds, cold", lines, page.machine()
