"""What a format is given to write, and what it says of the file that it wrote."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import sql

from weir.access.exports.columns import Column
from weir.access.exports.reading import Source
from weir.warehouse.stream import BLOCK, Stream


@dataclass
class Work:
    """One file to write: the rows of a source's select, and of its snapshot. `taken` is the bytes so far."""

    source: Source
    path: Path
    formulas: bool = False
    rows: int = 0
    taken: int = 0

    @property
    def columns(self) -> Sequence[Column]:
        """The columns of the select."""
        return self.source.columns

    def copied(self, expressions: Sequence[str], form: str, size: int = BLOCK) -> Iterator[bytes]:
        """Blocks of whole rows of these expressions over the select's columns, as COPY writes them (`csv`, `text`)."""
        query = f"select {', '.join(expressions)} from (\n{self.source.select}\n) as q"
        source = self.source
        with Stream(source.url, source.snapshot, source.settings, "weir export") as stream:
            self.taken = 0
            for block in stream.blocks(query, size, format=form):
                self.taken += len(block)
                yield block
            self.rows = stream.rows

    def one(self, expressions: Sequence[str]) -> tuple[object, ...]:
        """The one row of aggregates over the select's rows, from the same snapshot."""
        query = f"select {', '.join(expressions)} from (\n{self.source.select}\n) as q"
        row = self.source.connection.execute(query.encode()).fetchone()
        assert row
        return row


@dataclass
class Written:
    """What a format did: the type of each column in the file, and what a reader of a column must know."""

    types: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    digest: str = ""  # where it was taken on the way
    workbook: Any = None  # not yet saved: the dictionary becomes a sheet of it


def quoted(name: str) -> str:
    """The column's name as SQL writes it."""
    return sql.Identifier(name).as_string()
