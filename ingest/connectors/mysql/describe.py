"""MySQL and MariaDB, described: the catalog as Tables, samples of rows, and counts of rows that break a test.

In: an address. Out: what weir/project/scaffold/described.py names. The session is read only; every query is limited in
time. Without names of databases, the one of the address is described, and its tables have no schema.
"""

from collections.abc import Sequence
from typing import Any

import pymysql
from sqlalchemy.dialects import mysql

from ingest.connectors import reflected
from ingest.connectors.mysql.connection import Wire
from ingest.connectors.mysql.rows import fields
from ingest.connectors.mysql.tables import made_tables
from ingest.connectors.mysql.types import back, column_in_raw
from ingest.connectors.mysql.whole_catalog import Catalog
from weir.core.errors import WeirError
from weir.project.scaffold.described import Counted, Sample, Table, Test

_DIALECT = mysql.dialect(paramstyle="named")
_OUT_OF_TIME = {1969, 3024, 1317}
_BYTES = 64  # of a blob that a sample holds


class Describer:
    """One MySQL or MariaDB source."""

    def __init__(self, connection: str, url: str) -> None:
        self.source, self.url = reflected.source_of(connection), url
        self.reading: dict[str, dict[str, str]] = {}  # by the table's label: the expression that reads each column
        self.checks: dict[str, str] = {}  # checks as the source itself says them, by the text that Table.checks holds
        with self._told():
            self.wire = Wire(self.source, url)
        self.maria = "MariaDB" in self.wire.connection.server_version

    def _told(self) -> Any:
        return reflected.told(self.source, self.url, pymysql.err.MySQLError)

    def close(self) -> None:
        """Close the connection to the source."""
        self.wire.close()

    def tables(self, schemas: Sequence[str]) -> list[Table]:
        """The tables that the account sees in these databases; without names, in the database of the address."""
        made = []
        with self._told():
            self._limit(reflected.DESCRIBED)
            known = [row[0] for row in self.wire.rows("SELECT schema_name FROM information_schema.schemata")]
            own = self.wire.value("SELECT DATABASE()")
            for name in schemas or [own]:
                if name not in known:
                    raise WeirError(f"there is no database {name!r} that the account sees; it sees: {', '.join(known)}")
                schema = "" if name == own else name
                catalog = Catalog(self.wire, schema)
                tables = made_tables(catalog, schema, own, self.checks)
                for table in tables:
                    rows = catalog.columns[table.name]
                    self.reading[table.label] = {row[0]: _as_text(row) for row in rows}
                made += tables
        return made

    def sample(self, table: Table, rows: int) -> Sample:
        """All rows where there are few, else the first and the last by key."""
        names = [column.name for column in table.columns]
        reading = self.reading[table.label]
        shown = ", ".join(f"{back(name)} IS NULL, {reading[name]}" for name in names)
        query = f"SELECT {shown} FROM {'.'.join(back(part) for part in [table.schema, table.name] if part)}"
        key = table.primary_key
        order = f" ORDER BY {', '.join(map(back, key))}" if key else ""
        with self._told():
            self._limit(reflected.SAMPLED)
            found = self._texts(f"{query}{order} LIMIT {rows + 1}")
            is_whole = len(found) <= rows
            if not is_whole:
                found = found[:rows]
                if key:
                    last = self._texts(f"{query}{order.replace(',', ' DESC,')} DESC LIMIT {rows // 2}")
                    found = [*found[: rows - len(last)], *reversed(last)]
        values = {name: [row[n] for row in found] for n, name in enumerate(names)}
        return Sample(values, len(found), is_whole)

    def _texts(self, query: str) -> list[list[str | None]]:
        """The rows of a query that sends for each column whether it is NULL, then its value."""
        found = []
        for packet in self.wire.packets(query):
            row = fields(packet)
            found.append([_decoded(value, null) for null, value in zip(row[::2], row[1::2], strict=True)])
        return found

    def count(self, table: Table, tests: Sequence[Test], seconds: float) -> Counted:
        """Count over all rows, in one pass for all tests but those of keys."""
        own = [test if test.what != "breaks" else Test("breaks", check=self.checks.get(test.check, test.check))
               for test in tests]  # fmt: skip
        return reflected.count(table, own, seconds, self._run, "mysql")

    def _run(self, query: Any, seconds: float) -> Sequence[Any] | None:
        text = str(query.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
        with self._told():
            self._limit(max(seconds, 0.001))
            try:
                with self.wire.connection.cursor() as cursor:
                    cursor.execute(text)
                    return tuple(cursor.fetchone())
            except pymysql.err.MySQLError as fault:
                if fault.args and fault.args[0] in _OUT_OF_TIME:
                    return None
                raise

    def _limit(self, seconds: float) -> None:
        """End every query from now on after so many seconds."""
        set_to = f"max_statement_time = {seconds:.3f}" if self.maria else f"max_execution_time = {int(seconds * 1000)}"
        self.wire.run(f"SET SESSION {set_to}")


def _as_text(row: Any) -> str:
    """The expression that reads the column as the text that raw would hold."""
    found = column_in_raw(row[:6])
    return f"CONCAT(0x5C78, LOWER(HEX(LEFT({found.expr_apart}, {_BYTES}))))" if found.type == "bytea" else (
        f"LEFT({found.expr_apart}, {reflected.LETTERS})" if found.type == "text" else found.expr_apart)  # fmt: skip


def _decoded(value: bytes | None, null: bytes | None) -> str | None:
    return None if value is None or null == b"1" else value.decode("utf-8", "replace")
