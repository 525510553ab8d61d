"""`python -m benchmarks landing`: measures the limit, Weir and its peers by turns, in several rounds; medians count.

In: a kind of source, a number of rows. Out: a Rich table, with `--write` also in docs/reference/benchmarks.md.
Each contender lands the same rows into the same warehouse server; the table is dropped before the next one.
"""

import os
import re
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import page, peers, tables
from benchmarks.measure import TIMED_OUT, Measured, measure
from benchmarks.place import own_home, say
from benchmarks.sources import Case, declare, opened


@dataclass
class Contender:
    """One way to land, and the figures of its rounds."""

    name: str
    rows: int
    run: Callable[[], Measured]
    seconds: list[float] = field(default_factory=list)
    measured: list[Measured] = field(default_factory=list)
    fault: str = ""

    def line(self, limit: "Contender") -> list[object]:
        """The contender's line of the table."""
        if self.fault or not self.seconds:
            return [self.name, self.rows, None, None, None, None, None, self.fault or "not run"]
        middle = statistics.median(self.seconds)
        ratio = (statistics.median(limit.seconds) / limit.rows) / (middle / self.rows) if limit.seconds else None
        rest = [f"{s:.1f}" for s in self.seconds]
        peak = max(m.peak_mb for m in self.measured) if self.measured else None
        cpu = statistics.median(m.cpu for m in self.measured) if self.measured else None
        return [self.name, self.rows, round(self.rows / middle), None if ratio is None else f"{ratio:.2f}",
                None if peak is None else round(peak), None if cpu is None else f"{cpu:.1f}", f"{middle:.2f}",
                "rounds " + " ".join(rest)]  # fmt: skip


HEAD = ["way", "rows#", "rows/s#", "of the limit#", "peak MB#", "CPU s#", "seconds#", ""]


def measure_landing(
    kind: str, rows: int, names: list[str], rounds: int, peer_rounds: int, keep: bool
) -> tuple[str, list[list[object]], str]:
    """Measure; returns title, lines and note of the table."""
    few = min(rows, peers.FEW)
    wrong = {name: peers.install(name) for name in names}
    with own_home(keep) as home:
        from weir import warehouse

        target = warehouse.ensure()
        say(f"making {rows:,} rows in {kind} …")
        with opened(kind, home, rows, few if peers.SLOW & set(names) else 0) as case:
            ways = _ways(case, home, target, rows, few, names)
            limit = ways[0]
            for way in ways:
                way.fault = wrong.get(way.name.split()[0], "")
            for number in range(rounds):
                turn = ways[number % len(ways) :] + ways[: number % len(ways)]
                for way in turn if number % 2 == 0 else reversed(turn):
                    if not way.fault and (way.name.split()[0] not in names or number < peer_rounds):
                        _round(case, way, target, number)
            versions = [case.version, "warehouse PostgreSQL " + tables.sql(target, "show server_version")]
    lines = [line for way in ways for line in _lines(way, limit)]
    versions += [peers.version(name) for name in names if not wrong[name]]
    title = f"Landing from {kind}: {rows:,} rows of 12 columns, {rounds} rounds"
    return title, lines, f"the limit: {case.limit_is}; {page.machine()}; {', '.join(versions)}"


def _lines(way: Contender, limit: Contender) -> list[list[object]]:
    transfer = [float(m.output) for m in way.measured] if way.name.startswith("weir land") and not way.fault else []
    first = Contender("weir, the transfer", way.rows, way.run, transfer).line(limit)
    return ([first] if transfer else []) + [way.line(limit)]


def _ways(case: Case, home: Path, target: str, rows: int, few: int, names: list[str]) -> list[Contender]:
    def weir() -> Measured:
        marks = home / "marks"
        declare(home / "project", case.url, ["rows"], case.key)
        found = measure([sys.executable, "-m", "benchmarks.marked", "land"], env={"MARKS": str(marks)}, must_pass=False)
        return Measured(found.seconds, found.peak_mb, found.exit_code, found.cpu,
                        marks.read_text() if found.exit_code == 0 else found.output)  # fmt: skip

    ways = [Contender("the limit", rows, lambda: measure(case.limit(target, False), must_pass=False))]
    if case.lands:  # the same without WAL, which a table made in the same transaction does not need; so Weir does it
        fresh = Contender("the limit, no WAL", rows, lambda: measure(case.limit(target, True), must_pass=False))
        ways.append(fresh)
    ways.append(Contender("weir land, cold", rows, weir))
    for name in names:
        size, table = (few, "few") if name in peers.SLOW else (rows, "rows")

        def peer(name: str = name, table: str = table) -> Measured:
            words = peers.command(name, case.url, target, table, home)
            return measure(words, must_pass=False, env=peers.QUIET, limit=PEER_LIMIT)

        ways.append(Contender(name, size, peer))
    return ways


PEER_LIMIT = 1800  # seconds; a peer that takes longer is stopped, and its line says so


def clean(target: str) -> None:
    """Drop everything that landed, and write all pages to disk."""
    gone = [f"drop schema if exists {name} cascade" for name in ("limits", "raw_bench", "peer")]
    tables.sql(target, *gone, "create schema limits", "delete from ops.landings", "checkpoint")
    os.sync()


def _round(case: Case, way: Contender, target: str, number: int) -> None:
    """Run one contender once, from a clean warehouse, and check that its rows have landed."""
    clean(target)
    found = way.run()
    name = way.name.split()[0]
    if found.exit_code:
        why = f"stopped after {PEER_LIMIT} s" if found.exit_code == TIMED_OUT else f"exit {found.exit_code}: "
        way.fault = why + " ".join(re.sub(r"\x1b\[[0-9;]*m", "", found.output).split())[-120:]
    else:
        schema = {"the": "limits", "weir": "raw_bench"}.get(name, "peer")
        counted = way.rows
        if case.lands or name != "the":
            table = "few" if name in peers.SLOW else "rows"
            counted = tables.sql(target, f"select count(*) from {schema}.{table}")
        if counted != way.rows:
            way.fault = f"landed {counted:,} of {way.rows:,} rows"
        way.seconds.append(found.seconds)
        way.measured.append(found)
    part = f" (transfer {float(found.output):.2f} s)" if name == "weir" and not way.fault else ""
    say(f"round {number + 1}: {way.name}: " + (way.fault or f"{found.seconds:.2f} s{part}, {found.peak_mb:.0f} MB"))
