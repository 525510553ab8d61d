"""A change to one table of a copy of a source: which rows and columns become what.

In: rows as texts, in the order of their keys. Out: a Change, which each kind of copy carries out.
"""

import random
from dataclasses import dataclass, field

from weir.project.scaffold.described import Table

Row = dict[str, str | None]


@dataclass
class Change:
    """What becomes of the table; rows are named by their number."""

    updates: dict[int, Row] = field(default_factory=dict)
    inserts: list[Row] = field(default_factory=list)
    deletes: set[int] = field(default_factory=set)
    retyped: set[str] = field(default_factory=set)  # columns that become text
    renamed: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    is_gone: bool = False  # the whole table
    breaks_key: bool = False  # its primary key has to be dropped first
    days_later: int = 0  # how much later the run is than the one before


@dataclass
class Place:
    """A table of the copy, with what is known of its columns."""

    table: Table
    rows: list[Row]
    kinds: dict[str, str]  # by column: the kind, told by values where the source holds text
    formats: dict[str, str]  # of dates in texts
    key: tuple[str, ...]
    foreign: dict[str, set[str]]  # by column of a foreign key: the values of its parents
    chance: random.Random

    @property
    def newest(self) -> range:
        """The numbers of the newest fifth of the rows."""
        return range(len(self.rows) - max(len(self.rows) // 5, 1), len(self.rows))

    def some(self, column: str, most: int = 3, only: object = None) -> list[int]:
        """The numbers of a few rows that hold a value in the column."""
        given = [n for n, row in enumerate(self.rows) if row[column] not in (None, "")]
        given = [n for n in given if only is None or only(self.rows[n][column])]  # type: ignore[operator]
        return sorted(self.chance.sample(given, min(most, len(given))))

    def values(self, column: str) -> list[str]:
        """The values of the column, NULL and empty ones left out."""
        return [value for row in self.rows if (value := row[column]) not in (None, "")]  # type: ignore[misc]

    def new_key(self, row: Row, number: int) -> Row:
        """The row under a key that is not there yet."""
        made = dict(row)
        for name in self.key[:1]:
            value = row[name] or ""
            most = max((int(v) for v in self.values(name) if v.lstrip("-").isdigit()), default=0)
            made[name] = str(most + number + 1) if value.lstrip("-").isdigit() else f"{value[:-2]}{number:02d}"
        return made
