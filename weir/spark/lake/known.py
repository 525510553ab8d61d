"""What the warehouse knows of raw and its files in the lake, in one snapshot; and the session that reads raw's rows.

In: a lake. Out: a Reading: for each table its columns, the rows of its receipts by load, and what was written of it.
"""

import hashlib
import json
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
from psycopg import sql

from weir import warehouse
from weir.project.names import shortened
from weir.spark.lake.opening import Lake, tame
from weir.spark.lake.parquet import BLOCK
from weir.spark.lake.types import Column, arrow_of, columns_as
from weir.warehouse.stream import Stream

_BEGIN = "begin isolation level repeatable read read only"
_SETTINGS = {
    "search_path": "pg_catalog", "TimeZone": "UTC", "DateStyle": "ISO, YMD", "IntervalStyle": "postgres",
    "extra_float_digits": "1", "bytea_output": "hex", "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}  # fmt: skip
_LOCK = "select pg_advisory_lock(hashtextextended('weir lake', 0))"  # ends with its session
# For a landing that gives a file its name and then commits the receipt: a file without one is removed by send_raw.
LOCK_SHARED = "select pg_advisory_xact_lock_shared(hashtextextended('weir lake', 0))"


@dataclass(frozen=True)
class Written:
    """A file of the lake: rows, bytes, name and types of its columns; and when its rows were as in raw.

    That was with so many entries in ops.erased, before any transaction from `horizon` on.
    """

    rows: int
    bytes: int
    columns: list[tuple[str, str, str]]
    erased: int
    horizon: int


@dataclass
class Known:
    """A table of raw: its columns now, the rows that its receipts count by load, its files."""

    source: str
    table: str
    columns: list[Column]
    landed: dict[str, int] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    in_lake: bool = False  # whether its rows are in the files alone, and not in raw
    changed: set[str] = field(default_factory=set)  # loads whose rows were changed since, for somebody was forgotten

    @property
    def place(self) -> str:
        """The table, for a person."""
        return f"{self.source}.{self.table}"

    def digest(self) -> str:
        """A word that is another when files came, went or have another size: what Spark keeps of them is wrong then."""
        facts = sorted((load, file.rows, file.bytes) for load, file in self.written.items())
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]

    def as_text(self) -> set[str]:
        """The columns that are text in a file though their type has its like on Spark: a value there did not fit."""
        now = {column.name: column.type for column in self.columns}
        return {
            name for file in self.written.values() for name, type_, kind in file.columns
            if kind == "string" != str(arrow_of(type_)) and now.get(name) == type_
        }  # fmt: skip


@dataclass
class Reading:
    """The sessions of one pass: one that keeps the lock and writes `ops.lake_files`, one that reads a snapshot."""

    lake: Lake
    keeper: psycopg.Connection[Any]
    reader: psycopg.Connection[Any]
    stream: Stream
    sizes: dict[str, int] = field(default_factory=dict)
    erased: int = 0
    horizon: int = 0

    def tables(self, sources: Collection[str] = ()) -> list[Known]:
        """The tables that have receipts and are there in raw; reads the lake's listing of their sources."""
        columns: dict[tuple[str, str], dict[str, str]] = {}
        for schema, name, column, type_ in self.reader.execute(_COLUMNS):
            columns.setdefault((schema, name), {})[column] = type_
        found: dict[tuple[str, str], Known] = {}
        for source, table, load, landed, in_lake in self.reader.execute(_RECEIPTS):
            types = columns.get((f"raw_{source}", shortened(table)))
            if types and (not sources or source in sources):
                known = found.setdefault((source, table), Known(source, table, columns_as(types)))
                known.landed[load] = landed
                known.in_lake = known.in_lake or (in_lake and landed > 0)
        for source, table, load, rows, size, listed, *since in self.keeper.execute(_WRITTEN):
            if (source, table) in found:
                triples = [tuple(each) for each in listed]
                found[source, table].written[load] = Written(rows, size, triples, *since)
        self.erased, self.horizon = self.reader.execute(_ERASED).fetchone() or (0, 0)
        for known in found.values():
            self._find_changed(known)
        for source in dict.fromkeys(source for source, _ in found):
            self.sizes |= self.lake.store.sizes(tame(f"raw_{source}"))
        return list(found.values())

    def _find_changed(self, known: Known) -> None:
        """Find the loads whose rows were changed by an erasure, and note that the others were not."""
        doubtful = [file for file in known.written.values() if file.erased != self.erased]
        if not doubtful:
            return
        table = sql.Identifier(f"raw_{known.source}", shortened(known.table))
        oldest = min(file.horizon for file in doubtful) % 2**32
        rows = self.reader.execute(sql.SQL(_CHANGED).format(table), [str(oldest)]).fetchall()
        known.changed = {load for (load,) in rows}
        for load, file in known.written.items():
            if load not in known.changed:
                known.written[load] = replace(file, erased=self.erased, horizon=self.horizon)
        values = [self.erased, self.horizon, known.source, known.table, list(known.changed)]
        self.keeper.execute(_INTACT, values)

    def rows_of(self, schema: str, name: str, columns: list[Column], load: str) -> Iterator[bytes]:
        """The rows of a load as CSV, in blocks of whole rows. Raises psycopg.Error."""
        query = sql.SQL("select {} from {} where _dlt_load_id = {}").format(
            sql.SQL(", ").join(map(_read, columns)), sql.Identifier(schema, name), sql.Literal(load),
        )  # fmt: skip
        return self.stream.blocks(query.as_string(), BLOCK, format="csv", force_quote=True)

    def note(self, known: Known, load: str) -> None:
        """Write down what the load's file holds."""
        file = known.written[load]
        values = [known.source, known.table, load, file.rows, file.bytes, json.dumps(file.columns)]
        values += [file.erased, file.horizon]
        self.keeper.execute(_NOTE, values)

    def forget(self, known: Known, load: str) -> None:
        """Strike the file of a load that has no receipt any more."""
        known.written.pop(load)
        where = "source = %s and table_name = %s and load_id = %s"
        self.keeper.execute(f"delete from ops.lake_files where {where}", [known.source, known.table, load])


@contextmanager
def reading(lake: Lake) -> Iterator[Reading]:
    """Open the sessions; waits for another process that has them."""
    with (
        closing(warehouse.connect(autocommit=True)) as keeper,
        closing(warehouse.connect(autocommit=True)) as reader,
    ):
        keeper.execute(_LOCK)
        reader.execute(_BEGIN)
        row = reader.execute("select pg_export_snapshot()").fetchone()
        assert row
        with Stream(warehouse.url_of(), row[0], _SETTINGS, "weir lake") as stream:
            yield Reading(lake, keeper, reader, stream)


def _read(column: Column) -> sql.Composable:
    """The column as it is read: characters without the blanks that fill them up, as `::text` has it in models."""
    name = sql.Identifier(column.name)
    is_filled = column.type.startswith("character(") or column.type == "bpchar"
    return sql.SQL("{}::text").format(name) if is_filled else name


_COLUMNS = """
select n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
from pg_attribute as a
inner join pg_class as c on a.attrelid = c.oid and c.relkind in ('r', 'p')
inner join pg_namespace as n on c.relnamespace = n.oid
where starts_with(n.nspname, 'raw_') and a.attnum > 0 and not a.attisdropped
order by n.nspname, c.relname, a.attnum"""
_RECEIPTS = """
select source, table_name, load_id, sum(landed)::bigint, bool_or(in_lake) from ops.landings
group by source, table_name, load_id order by source, table_name, max(landed_at), load_id"""
_WRITTEN = "select source, table_name, load_id, rows, bytes, columns, erased, horizon from ops.lake_files"
_ERASED = "select count(*), pg_snapshot_xmin(pg_current_snapshot())::text::bigint from ops.erased"
_CHANGED = "select distinct _dlt_load_id from {} where age(xmin) <= age(%s::xid)"
_INTACT = """
update ops.lake_files set erased = %s, horizon = %s
where source = %s and table_name = %s and not load_id = any(%s)"""
_NOTE = """
insert into ops.lake_files (source, table_name, load_id, rows, bytes, columns, erased, horizon)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (source, table_name, load_id) do update set rows = excluded.rows, bytes = excluded.bytes,
columns = excluded.columns, erased = excluded.erased, horizon = excluded.horizon,
written_at = clock_timestamp()"""

# What a landing writes down of the file that it has made itself; $1 to $6 as above.
NOTE_LANDED = """
insert into ops.lake_files (source, table_name, load_id, rows, bytes, columns, erased, horizon)
select $1::text, $2::text, $3::text, $4::bigint, $5::bigint, $6::jsonb, count(*),
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint from ops.erased"""
