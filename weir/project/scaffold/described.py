"""What a source says of itself: its tables, columns, keys and rules, and what its values say.

In: a connector's `describe` module, which makes a Describer. Out: Tables with Columns, samples, and counts of rows that
break a rule. Nothing here reads or writes: connectors fill it in, weir/project/scaffold reads it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Kind = Literal[
    "text", "integer", "numeric", "double", "boolean", "date", "timestamp", "timestamptz", "time", "interval", "uuid",
    "json", "xml", "bytes", "array", "other",
]  # fmt: skip
"""What a column holds. `timestamp` has no zone. `other` is a type that only its own server knows."""


@dataclass(frozen=True)
class Column:
    """A column at the source, or a field of its documents (`path`)."""

    name: str
    kind: Kind
    landed: str = "text"  # the type that it has in raw
    declared: str = ""  # the type in the source's own words
    nullable: bool = True
    comment: str = ""
    values: tuple[str, ...] = ()  # of an enum
    scale: int | None = None  # digits after the point, where the source fixes them
    size: int | None = None  # digits of a numeric, letters of a text, where the source fixes them
    path: tuple[str, ...] = ()  # of a field within the column `document`; empty for a column of a table
    share: float = 1.0  # of documents that hold the field
    note: str = ""  # what a person should know: "text in 3 of 5,000 documents"
    flag: bool = False  # a tinyint(1) or the like, which may be a boolean
    free: bool = False  # any value may stand in it, whatever its declared type says


@dataclass(frozen=True)
class ForeignKey:
    """Columns that refer to a row of another table."""

    columns: tuple[str, ...]
    schema: str
    table: str
    parents: tuple[str, ...]
    enforced: bool = True  # the source lets no orphan in


@dataclass(frozen=True)
class Check:
    """A rule that the source enforces: a predicate over its columns, as its own SQL, in PostgreSQL's dialect."""

    name: str
    sql: str
    is_exact: bool = True  # texts are compared as PostgreSQL does: by every letter and its case


@dataclass
class Table:
    """A table, a view, a collection, a set of files or a listing of an API."""

    name: str
    schema: str = ""  # empty where the source has one only
    kind: Literal["table", "view", "collection", "files", "listing"] = "table"
    comment: str = ""
    columns: list[Column] = field(default_factory=list)
    primary_key: tuple[str, ...] = ()
    unique: list[tuple[str, ...]] = field(default_factory=list)  # over columns that are never NULL, or over any
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    rows: int | None = None  # an estimate, until it is counted
    bytes: int | None = None
    meta: dict[str, object] = field(default_factory=dict)  # what landing needs beyond the key: path, format, endpoint
    notes: list[str] = field(default_factory=list)  # what a person should know, one line each
    left_out: str = ""  # why the table is not to be landed, where the source itself says so
    parts: str = ""  # names joined, by which words of folded names are found: names of constraints and indexes

    @property
    def label(self) -> str:
        """The table's name for people."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True)
class Sample:
    """Rows of a table, as texts, column by column; every column has as many values. NULL is None."""

    values: dict[str, list[str | None]]
    rows: int
    is_whole: bool  # whether these are all rows


@dataclass(frozen=True)
class Test:
    """A question about all rows of a table: how many break this?

    repeated: rows beyond the first of each key (columns; rows with NULL in one do not count). missing: column is NULL.
    negative: column < 0. before, after: column < value, column > value (an ISO date). reversed: the first column is
    after the second. orphaned: all columns are given and no parent has them. breaks: `check` is false.
    """

    what: Literal["repeated", "missing", "negative", "before", "after", "reversed", "orphaned", "breaks"]
    columns: tuple[str, ...] = ()
    value: str = ""
    kind: Kind = "text"  # as which the columns are compared, where the source holds text
    format: str = ""  # of dates in text, in parse's words
    key: ForeignKey | None = None
    check: str = ""


@dataclass(frozen=True)
class Counted:
    """How many rows the table has, and how many of them break each test; None where time ran out."""

    rows: int | None
    broken: tuple[int | None, ...]


class Describer(Protocol):
    """What the `describe` module of each connector offers: read only, in bounded time."""

    def tables(self, schemas: Sequence[str]) -> list[Table]:
        """The tables that the account sees, with all that the catalog says; `schemas` empty means all but the system's.

        Raises WeirError when the catalog can't be read, or a schema is not there.
        """

    def sample(self, table: Table, rows: int) -> Sample:
        """Up to so many rows of the table, from all over it where that is cheap; fields of documents by their name."""

    def count(self, table: Table, tests: Sequence[Test], seconds: float) -> Counted:
        """Count over all rows, in one pass where that is possible; gives up after so many seconds."""

    def close(self) -> None:
        """Close the connection to the source."""
