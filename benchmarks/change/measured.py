"""`python -m benchmarks change`: measures `weir run` after a change of each kind, step by step.

In: sizes of the demo. Out: for each size and change what landed, the seconds of each step as the run itself wrote them
down, what was made anew, and the seconds of a full refresh of the same state. Its digests must agree: where they do
not, there is no figure and the exit code is 1.
"""

import json
import os
import re
import sys
from dataclasses import dataclass, field, replace
from itertools import pairwise

from benchmarks import page
from benchmarks.change.refreshed import refresh
from benchmarks.measure import measure
from benchmarks.place import own_home, say
from weir import warehouse
from weir.core.settings import home

HEAD = ["accounts#", "change", "land#", "gate raw#", "build#", "gate marts#", "publish#", "build to publish#",
        "of the first#", "full refresh#"]  # fmt: skip
ROWS = ["accounts#", "change", "rows landed#", "rows made anew by batch#", "in batches#", "rows published#"]
Table = tuple[str, list[list[object]], str]
# Within a day what reads the clock stays as the day's first run made it: a full refresh reads a later one.
_SAME_CLOCK = ("an hour later", "a late week")
_STEPS = ("land", "gate raw", "build", "gate marts", "publish")
_DEMO = [sys.executable, "-m", "demo"]
_WRITTEN = [sys.executable, "-m", "demo.small_changes"]
_ANEW = re.compile(r"^(\d+) rows of (\d+) batches made anew")


@dataclass(frozen=True)
class Cost:
    """The cost of one run: seconds by step, and numbers of rows."""

    change: str
    landed: int
    published: int
    seconds: dict[str, float]
    rows: int | None  # made anew by batched models; None where all was
    batches: int | None
    refresh: float | None = field(default=None)

    @property
    def to_publish(self) -> float:
        """Seconds of everything behind the landing."""
        return sum(seconds for step, seconds in self.seconds.items() if step != "land" and step in _STEPS)


def measure_change(sizes: list[int], each: str, events: int, keep: bool) -> tuple[Table, Table]:
    """Measure each size; `each` says after which changes a full refresh is made: all, last or none.

    Returns title, lines and note of two tables: of seconds, and of rows.
    """
    found = {size: _measured(size, each, events, keep) for size in sizes}
    lines = [_line(size, cost, costs[0]) for size, costs in found.items() for cost in costs]
    for small, large in pairwise(sizes):
        for before, after in zip(found[small][-3:], found[large][-3:], strict=True):
            times = [_times(after.seconds.get(step), before.seconds.get(step)) for step in _STEPS]
            change = f"{before.change}: times as long"
            lines.append(
                [f"{large / small:.0f} times", change, *times, _times(after.to_publish, before.to_publish), None, None]
            )
    rows: list[list[object]] = [
        [size, cost.change, cost.landed, cost.rows, cost.batches, cost.published]
        for size, costs in found.items() for cost in costs
    ]  # fmt: skip
    shown = ", ".join(f"{size:,}" for size in sizes)
    equal = "after each full refresh every batched model and every mart has the digest that the run gave it; "
    return (
        (f"A run after a change, seconds, {shown} accounts", lines, (equal if each != "none" else "") + page.machine()),
        (f"A run after a change, rows, {shown} accounts", rows, "batches of hours, days, months: as each model says"),
    )


def _measured(size: int, each: str, events: int, keep: bool) -> list[Cost]:
    """The costs at one size, the first run first."""
    changes = {
        "first run": [*_DEMO, "make", "--accounts", str(size)],
        "a day later": [*_DEMO, "tick", "--days", "1"],
        "the day after": [*_DEMO, "tick", "--days", "1"],  # the day before, a column was renamed
        "an hour later": [*_WRITTEN, "hour", str(events)],
        "a late week": [*_WRITTEN, "week", str(10 * events)],
        "account mended": [*_WRITTEN, "mended", "1000"],
    }
    costs = []
    with own_home(keep):
        for number, (change, command) in enumerate(changes.items()):
            _forget_the_present()
            told = measure(command).output.strip()
            if "tick" in command:  # not at midnight, which is the end of one day and the begin of the next
                measure([*_WRITTEN, "nothing", "0"])
            if change == "account mended":
                say(f"{size:,} accounts: the account has {int(told):,} events that were held back")
            measure(["weir", "run"])
            cost = _cost(change, first=number == 0)
            say(f"{size:,} accounts, {change}: {', '.join(f'{k} {v:.1f} s' for k, v in cost.seconds.items())}")
            _forget_the_present()
            refreshed = change not in _SAME_CLOCK if each == "all" else each == "last" and number == len(changes) - 1
            if number and refreshed:
                seconds, models = refresh()
                say(f"  a full refresh: {seconds:.1f} s, {models} models equal")
                cost = replace(cost, refresh=seconds)
            costs.append(cost)
    return costs


def _forget_the_present() -> None:
    """Let the commands read the present from `.env`, where the demo moves it on: connecting has put it in our own."""
    os.environ.pop("WEIR_AS_OF", None)


def _cost(change: str, first: bool) -> Cost:
    """Read what the last run has written down, and what dbt told of its batches."""
    with warehouse.connect(warehouse.Role.OWNER) as connection:
        row = connection.execute(
            "select run_id, state from ops.runs where command = 'run' order by started_at desc limit 1"
        ).fetchone()
        assert row and row[1] == "succeeded", row
        landed = connection.execute("select sum(landed) from ops.landings where run_id = %s", [row[0]]).fetchone()
        steps = connection.execute("select step, seconds from ops.run_steps where run_id = %s", [row[0]]).fetchall()
        published = connection.execute(
            "select coalesce(sum(inserted + updated + deleted), 0) from ops.publication_tables "
            "inner join ops.publications using (publication_id) where run_id = %s", [row[0]],
        ).fetchone()  # fmt: skip
    rows = batches = 0
    results = json.loads((home() / "target" / "prod" / "run_results.json").read_text())["results"]
    for found in (_ANEW.match(str(result["message"])) for result in results):
        rows, batches = (rows + int(found[1]), batches + int(found[2])) if found else (rows, batches)
    assert landed and published
    anew = (None, None) if first else (rows, batches)
    return Cost(change, int(landed[0] or 0), int(published[0]), dict(steps), *anew)


def _line(size: int, cost: Cost, first: Cost) -> list[object]:
    steps = [f"{cost.seconds[step]:.1f}" if step in cost.seconds else None for step in _STEPS]
    whole = cost.to_publish
    refreshed = f"{cost.refresh:.0f}" if cost.refresh else None
    return [size, cost.change, *steps, f"{whole:.1f}", f"{100 * whole / first.to_publish:.0f} %", refreshed]


def _times(after: float | None, before: float | None) -> str | None:
    return f"{after / before:.1f}" if after and before else None
