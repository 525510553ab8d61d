"""Any database that SQLAlchemy knows, SQLite first: lands every column as text, from one read transaction.

In: a table. Out: rows in raw. Small tables, and every table on `full`, are compared whole, so that changes and deletes
are exact. A larger table with a cursor lands a window from its newest cursor less the overlap, and is compared whole
when the counts show that rows are gone. SQLite keeps any value in any column: each cell lands as it is (floats to the
last digit, blobs as \\x…).
"""

import asyncio
import datetime
import decimal
import os
from collections.abc import Iterator
from functools import partial
from typing import Any

from ingest.connectors.base import Found, Progress, State, check_columns, compare, keyed_by_content, places
from ingest.connectors.cursors import earlier
from ingest.raw.columns import Column
from ingest.raw.copy_text import blocks, escaped, line, visible
from ingest.raw.table import Raw
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.project.names import shortened
from weir.project.plan import Source, Table

SMALL = 200_000  # up to so many rows a table is always compared whole, for that costs little


class Connector:
    """One database that SQLAlchemy reaches."""

    def __init__(self, source: Source, url: str, loop: asyncio.AbstractEventLoop) -> None:
        import sqlalchemy as sa
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError

        self.variable = source.connection

        try:
            address = sa.make_url(url)
            if address.get_backend_name() == "sqlite":
                path = address.database or ""
                if not os.path.isfile(path):
                    told = f"there is no file {path}: mend {source.connection}, or make the database"
                    raise WeirError(told, cause=Cause.SOURCE_NOT_THERE)
                address = sa.make_url(f"sqlite:///file:{path}?mode=ro&uri=true")
            self.engine = sa.create_engine(address)
        except (NoSuchModuleError, ArgumentError):
            scheme = url.split(":", 1)[0]
            raise WeirError(f"{source.connection} has the scheme {scheme!r}, which Weir does not know") from None
        except ModuleNotFoundError as fault:
            raise WeirError(f"{source.connection} needs the Python package {fault.name}: install it") from None
        self.lite = self.engine.dialect.name == "sqlite"
        if self.lite:
            sa.event.listen(self.engine, "connect", _lenient)
        self.connection = self.engine.connect()
        if self.lite:
            self.connection.exec_driver_sql("begin")  # one snapshot for the count and the rows

    def close(self) -> None:
        """Close the connection to the source."""
        self.connection.close()
        self.engine.dispose()

    def catalog(self) -> list[Found]:
        """The tables of the default schema, and of the others where the database has more."""
        import sqlalchemy as sa

        there = sa.inspect(self.connection)
        default = there.default_schema_name or ""
        schemas = [] if self.lite else [name for name in there.get_schema_names() if name != default]
        key = there.get_pk_constraint
        return [
            Found(schema or "", name, key(name, schema=schema)["constrained_columns"], schema is None)
            for schema in [None, *schemas] if (schema or "").lower() != "information_schema"
            for name in there.get_table_names(schema=schema)
        ]  # fmt: skip

    def _table(self, table: Table) -> Any:
        import sqlalchemy as sa

        origin = table.origin or table.name
        inspector, meant = sa.inspect(self.connection), places(table.model_copy(update={"origin": origin}))
        for schema, name in meant:
            if (not schema or schema in inspector.get_schema_names()) and inspector.has_table(name, schema or None):
                break
        else:
            have = ", ".join(inspector.get_table_names()[:8])
            have = have or f"none at all: see that {self.variable} names the right database"
            raise WeirError(f"there is no table {origin} at the source; it has: {have}", cause=Cause.TABLE_GONE)
        columns = inspector.get_columns(name, schema=schema or None)
        out = check_columns(table, [c["name"] for c in columns])
        kept: list[Any] = [sa.column(c["name"]) for c in columns if c["name"] not in out]
        return sa.table(name, *kept, schema=schema or None)

    def _prepare(self, table: Table, raw: Raw, made: Any) -> list[Column]:
        columns = [Column(shortened(c.name)) for c in made.columns] + [Column("_escaped", "boolean")]
        return raw.prepare(columns + ([] if table.key else [Column("_key")]))

    def _lines(self, made: Any, where: Any, end: str, progress: Progress) -> Iterator[str]:
        import sqlalchemy as sa

        wanted = [c if self.lite else sa.cast(c, sa.Text) for c in made.columns]
        query = sa.select(*wanted).select_from(made)
        result = self.connection.execution_options(stream_results=True, yield_per=2000).execute(
            query if where is None else query.where(where)
        )
        for count, row in enumerate(result, 1):
            values = [v if v is None or type(v) is str else as_text(v) for v in row]
            flag = any(v is not None and escaped(v) for v in values)
            if flag:
                values = [None if v is None else visible(v) for v in values]
            yield line(values, "\tt" + end if flag else "\t\\N" + end)
            if not count % 5000:
                progress(count, 0)

    def _read(self, raw: Raw, made: Any, where: Any, progress: Progress) -> int:
        names = [shortened(c.name) for c in made.columns] + ["_escaped"]
        return raw.wire.copy_in(None, "incoming", names, blocks(self._lines(made, where, "\n", progress)))

    def land(self, table: Table, raw: Raw, state: State, full: bool, progress: Progress) -> tuple[State, State]:
        """Land changed rows, by comparing the whole table or a window of the cursor."""
        import sqlalchemy as sa

        made = self._table(table)
        columns = self._prepare(table, raw, made)
        rows = int(self.connection.execute(sa.select(sa.func.count()).select_from(made)).scalar_one())
        key = table.key or ["_key"]
        raw.incoming()
        if table.cursor and table.key and not full and rows > SMALL and state.get("cursor") is not None:
            facts = self._window(table, raw, made, columns, state, progress)
            live = raw.count_live(key)
            if live == rows:
                facts["source_rows"] = rows
                return facts, {"rows": rows, "cursor": self._newest(made, table)}
            raw.wire.execute("truncate incoming")
        else:
            facts = {"landed": 0, "deleted": 0, "extracted": 0}
        read = self._read(raw, made, None, progress)
        if not table.key:
            keyed_by_content(raw)
        else:
            raw.check_keys("incoming", key)
        found = compare(raw, key, columns, read)
        for name in ("landed", "deleted", "extracted"):
            found[name] += facts[name]
        following = {"rows": rows, **({"cursor": self._newest(made, table)} if table.cursor else {})}
        return found | {"promise": "exact on compare" if table.cursor else "exact"}, following

    def _window(self, table: Table, raw: Raw, made: Any, columns: list[Column], state: State,
                progress: Progress) -> State:  # fmt: skip
        import sqlalchemy as sa

        cursor = made.c[table.cursor]
        low = earlier(str(state["cursor"]), table.overlap)
        rows = self._read(raw, made, sa.or_(cursor >= low, cursor.is_(None)), progress)
        upserts = raw.insert_changes(table.key, deletes=False)[0]
        return {"how": "cursor", "extracted": rows, "landed": upserts, "deleted": 0, "promise": "exact on compare"}

    def _newest(self, made: Any, table: Table) -> str | None:
        import sqlalchemy as sa

        newest = self.connection.execute(sa.select(sa.func.max(made.c[table.cursor]))).scalar_one()
        return None if newest is None else as_text(newest)

    def read_all(self, table: Table, raw: Raw, state: State) -> tuple[list[str], str]:
        """Read the whole table into `incoming`."""
        made = self._table(table)
        self._prepare(table, raw, made)
        raw.incoming(", _dlt_new boolean")
        self._read(raw, made, None, lambda rows, size: None)
        if not table.key:
            keyed_by_content(raw)
        return table.key or ["_key"], "exact on compare" if table.cursor else "exact"


def _lenient(connection: Any, _: Any) -> None:
    """Let SQLite return text that is not UTF-8; its bytes are made visible."""
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    connection.isolation_level = None


def as_text(value: Any) -> str:
    """The cell as the text that raw holds."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    return format(value, "f") if isinstance(value, decimal.Decimal) else str(value)
