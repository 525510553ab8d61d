"""What a format is given to write, and what it says of the file that it wrote."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from weir.access.exports.columns import Column
from weir.access.exports.stream import BLOCK, Rows


@dataclass
class Work:
    """One file to write: the rows of `select`, read in the connection's transaction. `rows` counts while it goes on."""

    connection: psycopg.Connection
    select: str
    columns: Sequence[Column]
    path: Path
    formulas: bool = False
    rows: int = 0

    def copied(self, expressions: Sequence[str], options: str, size: int = BLOCK) -> Iterator[bytes]:
        """Blocks of whole rows of these expressions over the select's columns, as COPY writes them."""
        listed = ", ".join(expressions)
        statement = f"copy (select {listed} from (\n{self.select}\n) as q) to stdout ({options})"
        rows = Rows(self.connection, statement.encode())
        for block in rows.blocks(size):
            self.rows = rows.seen
            yield block

    def one(self, expressions: Sequence[str]) -> tuple[object, ...]:
        """The one row of aggregates over the select's rows, from the same snapshot."""
        query = f"select {', '.join(expressions)} from (\n{self.select}\n) as q"
        row = self.connection.execute(query.encode()).fetchone()
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
