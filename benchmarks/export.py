"""`python -m benchmarks export`: measures `weir export` beside `psql \\copy` of the same rows, by turns.

In: a number of rows. Out: seconds, share of psql's speed (that of psql by the same round's order), peak memory of our
process. Every way writes to the same folder; the file is removed before the next one.
"""

import statistics
from pathlib import Path

from benchmarks import page, tables
from benchmarks.measure import Measured, measure
from benchmarks.place import own_home, say

HEAD = ["way", "rows#", "seconds#", "of psql's speed#", "peak MB#", "CPU s#", "MB#", "rounds"]
MART = "rows"


def measure_export(rows: int, rounds: int, keep: bool) -> tuple[str, list[list[object]], str]:
    """Measure; returns title, lines and note of the table."""
    with own_home(keep) as home:
        from weir import warehouse
        from weir.warehouse.embedded import programs

        target = warehouse.ensure()
        say(f"making {rows:,} rows …")
        tables.make_postgres(target, rows, 0)
        tables.sql(target, f"alter table {MART} set schema analytics", f"grant select on analytics.{MART} to public")
        psql = str(programs.folder() / "psql")
        out = home / "out"
        out.mkdir()
        copy = f"\\copy analytics.{MART} to '{out}/psql.csv' (format csv, header)"
        ours = {"CSV": ["a.csv"], "CSV, --formulas": ["b.csv", "--formulas"], "JSON lines": ["c.jsonl"],
                "Parquet": ["d.parquet"]}  # fmt: skip
        ways = {"psql \\copy, CSV": [psql, target, "-qc", copy]}
        for name, (file, *more) in ours.items():
            words = ["weir", "export", MART, "--for", "a benchmark", "--to", str(out / file), *more]
            ways[f"weir export, {name}"] = words
        found: dict[str, list[Measured]] = {name: [] for name in ways}
        sizes: dict[str, int] = {}
        names = list(ways)
        for number in range(rounds):
            for name in names if number % 2 == 0 else reversed(names):
                found[name].append(measure(ways[name]))
                sizes[name] = _take(out)
                say(f"round {number + 1}: {name}: {found[name][-1].seconds:.2f} s, {found[name][-1].peak_mb:.0f} MB")
        version = "PostgreSQL " + tables.sql(target, "show server_version")
    middle = {name: statistics.median(one.seconds for one in found[name]) for name in ways}
    lines: list[list[object]] = [
        [name, rows, f"{middle[name]:.2f}", f"{middle[names[0]] / middle[name]:.2f}",
         round(max(one.peak_mb for one in found[name])), f"{statistics.median(one.cpu for one in found[name]):.1f}",
         round(sizes[name] / 2**20), " ".join(f"{one.seconds:.1f}" for one in found[name])]
        for name in names
    ]  # fmt: skip
    return f"Export of {rows:,} rows of 12 columns, {rounds} rounds", lines, f"{page.machine()}, {version}"


def _take(folder: Path) -> int:
    """The bytes of the largest file in the folder, which is then emptied."""
    files = list(folder.iterdir())
    size = max(file.stat().st_size for file in files)
    for file in files:
        file.unlink()
    return size
