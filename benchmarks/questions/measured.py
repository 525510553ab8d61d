"""`python -m benchmarks questions`: asks the marts and asks raw the same ten questions, by turns.

In: a number of accounts. Out: for each question the rows of its answer, the time of both ways, and how many times
the marts are. Both answers are compared row by row; where they differ, there is no figure and the exit code is 1.
Alone, of a demo that has run: `python -m benchmarks.questions.measured`.
"""

import statistics
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import page
from benchmarks.measure import measure
from benchmarks.place import own_home, say
from benchmarks.questions.composed import composed

# PostgreSQL takes much of what raw is asked for one row, and would loop over whole tables: a person who sees the plan
# forbids that, and gives the sorts room. The marts are asked as a session begins.
_SETTINGS = {
    "marts": ("reset enable_nestloop", "reset work_mem"),
    "raw": ("set enable_nestloop to off", "set work_mem to '256MB'"),
}
HEAD = ["question", "rows#", "marts, ms#", "raw, ms#", "times faster#"]


def measure_questions(accounts: int, rounds: int, keep: bool) -> tuple[str, list[list[object]], str]:
    """Make the demo, run it, move it on by a day, run it again, and ask; returns title, lines and note of the table."""
    with own_home(keep):
        measure([sys.executable, "-m", "demo", "make", "--accounts", str(accounts)])
        _run()
        measure([sys.executable, "-m", "demo", "tick", "--days", "1"])
        _run()
        lines = ask(rounds)
    middle = statistics.median(float(str(line[-1]).replace(",", "")) for line in lines)
    title = f"Ten questions asked of the marts and of raw, {accounts:,} accounts, {rounds} rounds, medians"
    return title, lines, f"the median of the last column is {middle:,.0f}; the same answers; {page.machine()}"


def _run() -> None:
    for step in ("land", "build", "check marts", "publish"):
        say(f"weir {step}: {measure(['weir', *step.split()]).seconds:.1f} s")


def ask(rounds: int) -> list[list[object]]:
    """The lines of the table, of the home that the environment names. Raises SystemExit where two answers differ."""
    from weir import warehouse
    from weir.core.env import load_env
    from weir.core.settings import ROOT, as_of, home

    load_env()
    measure(["dbt", "compile", "--target", "prod", "--select", "path:analyses"])
    compiled = home() / "target" / "prod-docs" / "compiled" / "weir"
    lines: list[list[object]] = []
    with warehouse.connect(warehouse.Role.OWNER, autocommit=True) as connection:
        connection.execute("set timezone to 'UTC'")
        for file in sorted((ROOT / "analyses").rglob("*.sql")):
            lines.append(_asked(connection, file, (compiled / file.relative_to(ROOT)).read_text(), as_of(), rounds))
            say(f"{file.stem}: {lines[-1][1]} rows, marts {lines[-1][2]} ms, raw {lines[-1][3]} ms")
    return lines


def _asked(connection: psycopg.Connection, file: Path, marts: str, now: datetime, rounds: int) -> list[object]:
    """The line of one question. Each way is asked once unmeasured, so that neither reads from the disk alone."""
    ways, answers = {"marts": marts, "raw": composed(file.stem, now)}, {}
    for way, statement in ways.items():
        answers[way] = _timed(connection, way, statement)[1]
    _compare(file.stem, answers["marts"], answers["raw"])
    found: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(rounds):
        for way in ways if number % 2 == 0 else reversed(ways):
            found[way].append(_timed(connection, way, ways[way])[0])
    quick, slow = (statistics.median(found[way]) for way in ways)
    question = file.read_text().split("\n", 1)[0].removeprefix("-- ")
    return [question, len(answers["marts"]), f"{1000 * quick:,.1f}", f"{1000 * slow:,.0f}", f"{slow / quick:,.0f}"]


def _timed(connection: psycopg.Connection, way: str, statement: str) -> tuple[float, list[tuple[Any, ...]]]:
    """Seconds until the last row has come, and the rows."""
    for setting in _SETTINGS[way]:
        connection.execute(setting.encode())
    begun = time.perf_counter()
    rows = connection.execute(statement.encode()).fetchall()
    return time.perf_counter() - begun, rows


def _compare(question: str, marts: list[tuple[Any, ...]], raw: list[tuple[Any, ...]]) -> None:
    """Raises SystemExit where the answers differ, with the first rows that do."""
    differing = [(left, right) for left, right in zip(marts, raw, strict=False) if left != right]
    if differing or len(marts) != len(raw) or not marts:
        told = "\n".join(f"  marts {left}\n  raw   {right}" for left, right in differing[:3])
        raise SystemExit(f"{question}: marts give {len(marts)} rows, raw {len(raw)}; {len(differing)} differ\n{told}")


if __name__ == "__main__":
    ask(1)
