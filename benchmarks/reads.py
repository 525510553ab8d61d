"""`python -m benchmarks reads`: measures what the record of reads costs an analyst, with pgbench, by turns.

In: seconds per turn. Out: statements per second and mean latency of an analyst's queries, logged and not logged, each
pair in its own order; and the seconds that taking all of it in took.
"""

import re
import statistics
import subprocess
import time
from pathlib import Path

from benchmarks import page, tables
from benchmarks.place import own_home, say

HEAD = ["queries", "logged", "statements/s#", "mean ms#", "more time#", "rounds"]
# What a BI tool asks: an aggregate over a month, and one row by its key.
QUERIES = {
    "an aggregate of 100,000 rows": "select account_id % 10, count(*), sum(amount) from analytics.rows "
                                    "where id <= 100000 group by 1",
    "1,000 rows": "\\set n random(1, 100000)\n"
                  "select id, amount, name from analytics.rows where id between :n and :n + 999",
    "one row by key": "\\set n random(1, 100000)\nselect name, amount from analytics.rows where id = :n",
}  # fmt: skip


def measure_reads(seconds: int, rounds: int, keep: bool) -> tuple[str, list[list[object]], str]:
    """Measure; returns title, lines and note of the table."""
    with own_home(keep) as home:
        from weir import warehouse
        from weir.access.reads.collect import collect
        from weir.warehouse.roles.logged import SETTINGS

        owner = warehouse.ensure()
        analyst = warehouse.url_of(warehouse.Role.ANALYST)
        tables.make_postgres(owner, 200_000, 0)
        tables.sql(owner, "alter table rows set schema analytics", "grant select on analytics.rows to weir_analyst")
        ways = (True, False)
        found: dict[tuple[str, bool], list[float]] = {(name, logged): [] for name in QUERIES for logged in ways}
        for number in range(rounds):
            for name, query in QUERIES.items():
                for logged in ways if number % 2 == 0 else ways[::-1]:
                    acts = [f"set {key} = {value}" if logged else f"reset {key}" for key, value in SETTINGS.items()]
                    tables.sql(owner, *(f"alter role weir_analyst {act}" for act in acts))
                    found[name, logged].append(_pgbench(home, analyst, query, seconds))
                rates = f"logged {found[name, True][-1]:.0f}/s, not {found[name, False][-1]:.0f}/s"
                say(f"round {number + 1}: {name}: {rates}")
        began = time.perf_counter()
        taken = collect()
        took = time.perf_counter() - began
        version = "PostgreSQL " + tables.sql(owner, "show server_version")
    lines: list[list[object]] = []
    for name in QUERIES:
        plain = statistics.median(found[name, False])
        for logged in (False, True):
            rate = statistics.median(found[name, logged])
            lines.append([name, "yes" if logged else "no", round(rate), f"{1000 / rate:.3f}",
                          f"{100 * (plain / rate - 1):.1f} %" if logged else None,
                          " ".join(f"{each:.0f}" for each in found[name, logged])])  # fmt: skip
    note = f"taking in {taken.reads:,} reads: {took:.1f} s; {page.machine()}, {version}"
    return f"An analyst's queries with and without the record of reads, {rounds} rounds of {seconds} s", lines, note


def _pgbench(home: Path, url: str, query: str, seconds: int) -> float:
    """Statements per second of one client with prepared statements off, as most tools ask."""
    from weir.warehouse.embedded import programs

    script = home / "query.sql"
    script.write_text(query + ";\n")
    words = [str(programs.folder() / "pgbench"), "-n", "-T", str(seconds), "-f", str(script), url]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    match = re.search(r"tps = ([\d.]+)", done.stdout)
    assert match, done.stdout
    return float(match[1])
