"""The plan of a measurement: which faults go where, and which of them share a run.

In: proposed tables and the rows of a copy. Out: batches of faults whose tables do not refer to each other, so that what
a guard says of a table is owed to one fault alone.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.guards.change import Change, Place
from benchmarks.guards.copies import Copy
from benchmarks.guards.kinds import FAULTS, Fault
from weir.project.scaffold.proposal import Proposed
from weir.project.scaffold.values.inference import infer

LARGEST = 50_000  # rows of a table that faults are put into
SMALLEST = 20


@dataclass
class Injected:
    """A fault in a column of a table."""

    fault: Fault
    place: Place
    proposed: Proposed
    column: str
    change: Change

    @property
    def faulty(self) -> int:
        """How many rows are not as they should be."""
        change = self.change
        if change.dropped or change.renamed or change.is_gone:
            return len(self.place.rows)
        return len(change.updates) + 2 * len(change.inserts)


def places(found: Sequence[Proposed], copy: Copy) -> list[tuple[Proposed, Place]]:
    """The tables that faults can be put into."""
    staged = [each for each in found if each.model and SMALLEST <= (each.tried or 0) <= LARGEST]
    rows = {each.table.label: copy.read(each.table) for each in staged}
    made = []
    for each in staged:
        kinds, formats = {}, {}
        left = {item.column for item in each.left}
        for column in each.table.columns:
            if column.name in left or column.note.startswith("computed"):
                continue
            kinds[column.name] = str(column.kind)
            if column.kind == "text" and not column.values:
                known = infer(column.name, [row[column.name] for row in rows[each.table.label]][:5000])
                kinds[column.name], formats[column.name] = str(known.kind), known.format
        foreign = {key.columns[0]: set[str]() for key in each.table.foreign_keys if len(key.columns) == 1}
        place = Place(each.table, rows[each.table.label], kinds, formats, tuple(each.key), foreign, random.Random(7))
        made.append((each, place))
    return made


def planned(there: Sequence[tuple[Proposed, Place]], each: int, only: str = "") -> list[Injected]:
    """Every kind of fault in up to `each` columns, of different tables where there are enough."""
    chance = random.Random(11)
    made: list[Injected] = []
    for fault in FAULTS:
        if only not in fault.name:
            continue
        spots = [(proposed, place, column) for proposed, place in there
                 for column in dict.fromkeys(fault.columns(place))]  # fmt: skip
        chance.shuffle(spots)
        used: dict[str, int] = {}
        taken = 0
        for proposed, place, column in sorted(spots, key=lambda spot: _turn(used, spot[1])):
            if taken == (1 if "days" in fault.name else each):
                break
            change = fault.make(place, column)
            if change is None or change == Change(retyped=change.retyped):
                continue
            made.append(Injected(fault, place, proposed, column, change))
            taken += 1
    return made


def _turn(used: dict[str, int], place: Place) -> int:
    used[place.table.label] = used.get(place.table.label, -1) + 1
    return used[place.table.label]


def batches(planned: Sequence[Injected]) -> list[list[Injected]]:
    """The faults by run: those of one run lie in tables that do not refer to each other."""
    made: list[list[Injected]] = []
    for each in planned:
        for batch in made:
            if not each.change.days_later and not any(_touch(each, other) for other in batch):
                batch.append(each)
                break
        else:
            made.append([each])
    return made


def _touch(one: Injected, other: Injected) -> bool:
    if one.change.days_later or other.change.days_later:
        return True
    mine, theirs = one.place.table, other.place.table
    near = {(key.schema, key.table) for key in mine.foreign_keys} | {(mine.schema, mine.name)}
    far = {(key.schema, key.table) for key in theirs.foreign_keys} | {(theirs.schema, theirs.name)}
    return (theirs.schema, theirs.name) in near or (mine.schema, mine.name) in far
