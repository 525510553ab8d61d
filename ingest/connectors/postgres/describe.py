"""PostgreSQL, described: its catalog as Tables, samples of rows, and counts of rows that break a test.

In: an address. Out: what weir/project/scaffold/described.py names. Every statement is read only and limited in time;
the account needs no more than SELECT.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy.dialects import postgresql

from ingest.connectors import reflected
from ingest.connectors.postgres.tables import made_tables
from ingest.connectors.postgres.whole_catalog import Catalog, estimated
from ingest.raw.columns import Column, as_named
from ingest.raw.connection import Wire
from weir.project.scaffold.described import Counted, Sample, Table, Test

_FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
_DIALECT = postgresql.dialect(paramstyle="named")
_MORE = (1.3, 4)  # a sample of pages holds more or fewer rows than were asked for: times as many to try
_BYTES = 64  # of a bytea that a sample holds


class Describer:
    """One PostgreSQL source."""

    def __init__(self, connection: str, url: str) -> None:
        self.source, self.url = reflected.source_of(connection), url
        self.loop = asyncio.new_event_loop()
        self.raw: dict[str, dict[str, Column]] = {}  # by the table's quoted name: each column as in raw
        self.checks: dict[str, str] = {}  # checks as the source itself says them, by the text that Table.checks holds
        try:
            with self._told():
                self.wire = Wire(url, "weir add", self.loop, connection)
                self.wire.execute("set default_transaction_read_only = on; set lock_timeout = '5s'")
        except BaseException:
            self.loop.close()
            raise

    def _told(self) -> Any:
        return reflected.told(self.source, self.url, *_FAULTS)

    def close(self) -> None:
        """Close the connection to the source."""
        self.wire.close()
        self.loop.close()

    def tables(self, schemas: Sequence[str]) -> list[Table]:
        """The tables of these schemas, or of all; partitions are told by their parent, views are of kind `view`."""
        with self._told():
            self._limit(reflected.DESCRIBED)
            made = made_tables(Catalog(self.wire, schemas), self.checks)
            for table, columns in made:
                name = as_named(table.schema, table.name)
                self.raw[name] = columns
                if table.rows is None and not table.left_out:
                    table.rows = estimated(self.wire, name)
            return [table for table, _ in made]

    def sample(self, table: Table, rows: int) -> Sample:
        """Rows from all over the table: of pages picked by chance, but the same ones each time."""
        name = as_named(table.schema, table.name)
        shown = ", ".join(self._as_text(name, column.name) for column in table.columns)
        with self._told():
            self._limit(reflected.SAMPLED)
            found = self.wire.rows(f"select {shown} from {name} limit {rows + 1}")
            is_whole = len(found) <= rows
            if not is_whole and table.kind == "table" and (table.rows or 0) > len(found):
                for more in _MORE:
                    share = min(100.0, 100.0 * rows * more / (table.rows or 1))
                    picked = f"{name} tablesample system ({share:.6f}) repeatable (1)"
                    spread = self.wire.rows(f"select {shown} from {picked} limit {rows * 3}")
                    if len(spread) >= rows:
                        found = spread
                        break
        kept = reflected.pick(found, rows)
        values = {column.name: [row[n] for row in kept] for n, column in enumerate(table.columns)}
        return Sample(values, len(kept), is_whole)

    def _as_text(self, name: str, column: str) -> str:
        """The column as the text that raw would hold."""
        raw = self.raw[name][column]
        if raw.type == "bytea":
            return rf"'\x' || encode(substring({raw.expr} from 1 for {_BYTES}), 'hex')"
        if raw.type == "bpchar":  # whose cast would cut its blanks off
            return f"case when {raw.expr} is not null then concat({raw.expr}) end"
        return f"left(({raw.expr})::text, {reflected.LETTERS})"

    def count(self, table: Table, tests: Sequence[Test], seconds: float) -> Counted:
        """Count over all rows, in one pass for all tests but those of keys."""
        own = [test if test.what != "breaks" else Test("breaks", check=self.checks.get(test.check, test.check))
               for test in tests]  # fmt: skip
        return reflected.count(table, own, seconds, self._run, "postgresql")

    def _run(self, query: Any, seconds: float) -> Sequence[Any] | None:
        text = str(query.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
        try:
            with self._told():
                self._limit(max(seconds, 0.001))
                try:
                    return tuple(self.wire.row(text))
                except asyncpg.QueryCanceledError:
                    return None
        finally:
            self._limit(reflected.DESCRIBED)

    def _limit(self, seconds: float) -> None:
        """End every statement from now on after so many seconds."""
        if not self.wire.connection.is_closed():
            self.wire.execute(f"set statement_timeout = {max(1, int(seconds * 1000))}")
