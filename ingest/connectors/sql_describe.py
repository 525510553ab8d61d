"""Any database that SQLAlchemy knows, SQLite first, described by SQLAlchemy's reflection.

In: an address. Out: what weir/project/scaffold/described.py names. Every column lands as text. What SQLite declares
of a column binds no cell: there all is text, whose type its values tell. Nothing is written; SQLite's file is opened
read only.
"""

import asyncio
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.reflection import ObjectKind

from ingest.connectors import reflected
from ingest.connectors.sql import Connector, as_text
from ingest.connectors.translated import in_postgresql
from ingest.raw.copy_text import visible
from weir.core.errors import WeirError
from weir.project.scaffold.described import Check, Column, Counted, ForeignKey, Kind, Sample, Table, Test

_KINDS: list[tuple[Any, Kind]] = [
    (sa.Boolean, "boolean"), (sa.Integer, "integer"), (sa.Float, "double"), (sa.Numeric, "numeric"),
    (sa.DateTime, "timestamp"), (sa.Date, "date"), (sa.Time, "time"), (sa.Interval, "interval"), (sa.Uuid, "uuid"),
    (sa.JSON, "json"), (sa.LargeBinary, "bytes"), (sa.ARRAY, "array"), (sa.String, "text"),
]  # fmt: skip
_SYSTEMS = {"information_schema", "pg_catalog", "sys", "system", "mysql", "performance_schema"}


class Describer:
    """One database that SQLAlchemy reaches."""

    def __init__(self, connection: str, url: str) -> None:
        self.source, self.url = reflected.source_of(connection), url
        with self._told():
            self.connector = Connector(self.source, url, asyncio.new_event_loop())
        self.connection = self.connector.connection
        self.lite = self.connector.lite
        self.dialect = self.connection.dialect
        self.checks: dict[str, str] = {}  # checks as the source itself says them, by the text that Table.checks holds

    def _told(self) -> Any:
        return reflected.told(self.source, self.url, sa.exc.SQLAlchemyError)

    def close(self) -> None:
        """Close the connection to the source."""
        self.connector.close()

    def tables(self, schemas: Sequence[str]) -> list[Table]:
        """The tables of these schemas, or of the one that the address names, whose tables have no schema."""
        made = []
        with self._told(), warnings.catch_warnings(action="ignore"):  # of indexes and types that SQLAlchemy skips
            inspector = sa.inspect(self.connection)
            known = [name for name in inspector.get_schema_names() if name.lower() not in _SYSTEMS]
            for schema in schemas or [""]:
                if schema and schema not in known:
                    raise WeirError(f"there is no schema {schema!r} at the source; it has: {', '.join(known)}")
                name = None if schema in {"", inspector.default_schema_name} else schema
                for kind in (ObjectKind.TABLE, ObjectKind.VIEW):
                    made += self._described(inspector, name, kind)
        return sorted(made, key=lambda table: (table.schema, table.name))

    def _described(self, inspector: Any, schema: str | None, kind: ObjectKind) -> list[Table]:
        """The tables or views of a schema; one that can't be read is left out, and hinders no other."""
        is_table = kind is ObjectKind.TABLE
        names = inspector.get_table_names(schema=schema) if is_table else inspector.get_view_names(schema=schema)
        read = {what: _all(getattr(inspector, f"get_multi_{what}"), names, schema, kind)
                for what in ("columns", "pk_constraint", "foreign_keys", "unique_constraints", "check_constraints",
                             "indexes", "table_comment")}  # fmt: skip
        made = []
        for name in names:
            facts = {what: found.get((schema, name)) for what, found in read.items()}
            table = Table(name, schema or "", "table" if is_table else "view")
            table.comment = (facts["table_comment"] or {}).get("text") or ""
            table.columns = [self._column(column) for column in facts["columns"] or []]
            if not table.columns:
                table.left_out = "its columns can't be read: mend it at the source, or grant the account select"
            self._set_rules(table, facts, inspector.default_schema_name)
            made.append(table)
        return made

    def _column(self, column: Any) -> Column:
        type_ = column["type"]
        kind: Kind = next((kind for made, kind in _KINDS if isinstance(type_, made)), "other")
        flag = self.lite and kind == "boolean"
        kind = "text" if self.lite and kind != "bytes" else kind
        scale = getattr(type_, "scale", None) if kind == "numeric" else None
        size = (
            getattr(type_, "precision" if kind == "numeric" else "length", None)
            if kind in {"numeric", "text"}
            else None
        )
        note = f"computed by the source: {column['computed']['sqltext']}" if column.get("computed") else ""
        declared = "" if isinstance(type_, sa.types.NullType) else type_.compile(self.dialect)
        return Column(column["name"], kind, "text", declared, column["nullable"], column.get("comment") or "",
                      tuple(getattr(type_, "enums", ())), scale, size, note=note, flag=flag,
                      free=kind == "text" and self.lite)  # fmt: skip

    def _set_rules(self, table: Table, facts: dict[str, Any], default: str | None) -> None:
        key = facts["pk_constraint"] or {}
        table.primary_key = tuple(key.get("constrained_columns") or ())
        unique = [tuple(each["column_names"]) for each in facts["unique_constraints"] or []]
        for index in facts["indexes"] or []:
            plain = None not in index["column_names"] and not any("where" in option for option in index.get(
                "dialect_options", {}))  # fmt: skip
            unique += [tuple(index["column_names"])] if index["unique"] and plain else []
        table.unique = list(dict.fromkeys(unique))
        for each in facts["foreign_keys"] or []:
            schema = each["referred_schema"] or table.schema
            table.foreign_keys.append(ForeignKey(
                tuple(each["constrained_columns"]), "" if schema == default else schema, each["referred_table"],
                tuple(each["referred_columns"]), enforced=not self.lite))  # fmt: skip
        for each in facts["check_constraints"] or []:
            name = each["name"] or ""
            sql = in_postgresql(each["sqltext"], self.dialect.name)
            if sql:
                self.checks[sql] = each["sqltext"]
                table.checks.append(Check(name, sql, is_exact=False))
            else:
                table.notes.append(f"a check can't be said in PostgreSQL's words: {each['sqltext']}")
        named = [key, *(facts["unique_constraints"] or []), *(facts["foreign_keys"] or []), *(facts["indexes"] or [])]
        table.parts = " ".join(dict.fromkeys(each["name"] for each in named if each.get("name")))

    def sample(self, table: Table, rows: int) -> Sample:
        """All rows where there are few, else the first and the last by key."""
        source = reflected.named(table)
        shown = [column if self.lite else sa.cast(column, sa.Text) for column in source.c]
        query = sa.select(*shown).select_from(source)
        key = [source.c[name] for name in table.primary_key]
        with self._told(), self._limited(reflected.SAMPLED):
            found = list(self.connection.execute(query.order_by(*key).limit(rows + 1)))
            is_whole = len(found) <= rows
            if not is_whole:
                last = key and list(self.connection.execute(query.order_by(*(c.desc() for c in key)).limit(rows // 2)))
                found = [*found[: rows - len(last)], *reversed(last)]
        values = {c.name: [_shown(row[n]) for row in found] for n, c in enumerate(table.columns)}
        return Sample(values, len(found), is_whole)

    def count(self, table: Table, tests: Sequence[Test], seconds: float) -> Counted:
        """Count over all rows, in one pass for all tests but those of keys."""
        own = [test if test.what != "breaks" else Test("breaks", check=self.checks.get(test.check, test.check))
               for test in tests]  # fmt: skip
        return reflected.count(table, own, seconds, self._run, self.dialect.name)

    def _run(self, query: Any, seconds: float) -> Sequence[Any] | None:
        with self._told():
            try:
                with self._limited(seconds) as is_over:
                    return tuple(self.connection.execute(query).one())
            except sa.exc.DBAPIError:
                if is_over():
                    return None
                raise

    @contextmanager
    def _limited(self, seconds: float) -> Iterator[Callable[[], bool]]:
        """Stop what runs within after so many seconds, where the driver can; gives whether the time is over."""
        driver: Any = self.connection.connection.dbapi_connection
        stop = getattr(driver, "interrupt", None) or getattr(driver, "cancel", None)
        over = threading.Event()

        def end() -> None:
            over.set()
            if stop:
                stop()

        timer = threading.Timer(max(seconds, 0.001), end)
        timer.start()
        try:
            yield over.is_set
        finally:
            timer.cancel()


def _all(read: Callable[..., Any], names: list[str], schema: str | None, kind: ObjectKind) -> dict[Any, Any]:
    """What the reflection says of all tables; where it fails on one, what it says of each of the others."""
    try:
        return dict(read(schema=schema, kind=kind))
    except NotImplementedError:
        return {}
    except sa.exc.SQLAlchemyError:
        found: dict[Any, Any] = {}
        for name in names:
            try:
                found |= dict(read(schema=schema, kind=kind, filter_names=[name]))
            except (sa.exc.SQLAlchemyError, NotImplementedError):
                continue
        return found


def _shown(value: Any) -> str | None:
    return None if value is None else visible(as_text(value))[: reflected.LETTERS]
