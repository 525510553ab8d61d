"""Raw of a table that lands in the lake: its rows go into one Parquet file a load, and stand in no table of PostgreSQL.

In: rows, as for any Raw. Out: `raw_<source>/<table>/<load>.parquet`, as a load that was copied there has it. The table
in raw stays empty: it says the columns and their types, and gives the numbers of `_seq`. Rows pass the server in
blocks, by a temporary table, which gives each value the spelling that it would have in raw. What a landing changes is
computed in another one, `weir_rows`, which gets those rows of earlier files that the landing asks for.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from ingest.raw.columns import Column, as_named, listed
from ingest.raw.connection import Wire
from ingest.raw.lake_rows import Choose, csv_of, keys_of, rows_among
from ingest.raw.load_file import LoadFile
from ingest.raw.table import Raw
from weir import warehouse
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.project.names import shortened
from weir.spark.lake.known import LOCK_SHARED, NOTE_LANDED
from weir.spark.lake.opening import open_lake, tame
from weir.spark.lake.parquet import read
from weir.spark.lake.types import Column as LakeColumn
from weir.spark.lake.types import columns_as

ROWS, ARRIVING, FOUND = "weir_rows", "weir_arriving", "weir_found"
CHUNK = 4 << 20  # bytes of COPY's text that pass the server at once
_OF_LOAD = ["_dlt_load_id", "_op", "_seq"]


class LakeRaw(Raw):
    """One table that lands in the lake, in one transaction of the warehouse."""

    in_lake = True

    def __init__(self, wire: Wire, source: str, table: str, load_id: str, drafts: ExitStack) -> None:
        super().__init__(wire, source, table, load_id)
        with closing(warehouse.connect(warehouse.Role.LOADER)) as connection:
            self.lake = open_lake(connection)
        self.folder = f"{tame(f'raw_{source}')}/{tame(table)}"
        notes = {"weir.owner": self.lake.owner, "weir.table": f"{source}.{table}", "weir.load": load_id}
        self._file = LoadFile(self.lake, f"{self.folder}/{tame(load_id)}.parquet", notes, drafts)
        self._drafts = drafts
        self._types: dict[str, str] | None = None  # of the columns in files, those of earlier loads too
        self._made: dict[str, str] = {}  # the columns of the temporary tables

    def prepare(self, columns: list[Column]) -> list[Column]:
        """Make the empty table, or widen it, and the temporary tables like it. Raises WeirError for a changed type."""
        if self.erased:
            raise WeirError("people were forgotten in this table, so it can't land in the lake: leave land: lake out")
        found = super().prepare(columns)
        self.empty, self.block = self.was_in_lake is None, 0
        types = self._column_types()
        self._require_types(types)
        self._make(types)
        return found

    def find_by(self, column: str) -> None:
        """Do nothing: files have no index."""

    def constants(self) -> Any:
        """Do nothing: the temporary table has the load's id as a default."""
        return ExitStack()

    def append(self, columns: list[str], blocks: Iterable[bytes]) -> int:
        """Write rows to the load's file, as blocks of COPY's text; returns their number."""
        rows = 0
        for chunk in _chunks(blocks):
            rows += self.wire.copy_in(None, ARRIVING, columns, [chunk])
            self._write(ARRIVING)
            self.wire.execute(f"truncate {ARRIVING}")
        return rows

    def receive(self, source: Wire, query: str, columns: list[str], seen: Any, freeze: bool = False) -> tuple[int, int]:
        """Write the rows of a query of another server to the load's file; returns their number and bytes."""
        size = 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for block in source.copy_out(query):
                size += len(block)
                seen(size)
                yield block

        rows = self.append(columns, counted())
        return rows, size

    def fetch_files(self, names: list[str]) -> None:
        """Have the rows of these files of the source at hand, from the files of earlier loads."""
        self._fetch(rows_among(pa.table({"_file": pa.array(names, pa.string())})))

    def fetch_keys(self, key: list[str], relation: str, where: str = "true") -> None:
        """Have the rows at hand whose keys the relation holds, from the files of earlier loads."""
        names = [shortened(name) for name in key]
        columns = [column for column in self._columns() if column.name in names]
        query = f"select distinct {listed([c.name for c in columns])} from {relation} where {where}"
        wanted = [read(block, columns) for block in _chunks(self.wire.copy_out(query, "csv"))]
        if wanted:
            self._fetch(rows_among(pa.concat_tables(wanted)))

    def insert_changes(self, key: list[str], deletes: bool = True) -> tuple[int, int]:
        """Append what differs between `incoming`, a part of the source, and the live rows."""
        if deletes:
            self.require_compare()
        if not self.empty:
            self.fetch_keys(key, "incoming")
        return super().insert_changes(key, deletes=False)

    def require_compare(self) -> None:
        """Raise WeirError: what is in the lake is not at hand."""
        raise WeirError(
            "it must be compared whole with its source, which a table of the lake can't be: declare it under another "
            "name, and it lands anew", cause=Cause.SHAPE_CHANGED,
        )  # fmt: skip

    def insert_gone(self, key: list[str], keys: str) -> int:
        """Append a tombstone for every live key that the relation `keys` lacks; reads the keys of all files."""
        self.fetch_all_keys(key)
        return super().insert_gone(key, keys)

    def fetch_all_keys(self, key: list[str]) -> None:
        """Have all keys at hand, in rows that have nothing else."""
        self._fetch(keys_of([*map(shortened, key), *_OF_LOAD]))

    def live_after(self, key: list[str], before: int, count: Callable[[], int]) -> int:
        """The number of live rows; all keys are read where the sum does not give what the source counts."""
        live = before + self._added(key)
        if live != count():
            self.fetch_all_keys(key)
            live = self.count_live(key)
        return live

    def _added(self, key: list[str]) -> int:
        """The number of this landing's keys that were not live before; their earlier rows must be at hand."""
        names, mine = listed(key), f"_dlt_load_id = '{self.load_id}'"
        before = (
            f"select distinct on ({names}) {mine} or _op = 'delete' as added from {ROWS} "
            f"where ({names}) in (select {names} from {ROWS} where {mine}) order by {names}, {mine}, _seq desc"
        )
        return int(self.wire.value(f"select count(*) from ({before}) b where added"))

    def finish(self, facts: dict[str, Any]) -> None:
        """Give the load's file its name, and note it. Raises WeirError where it has other rows than have landed."""
        facts["in_lake"] = True
        if self._made:
            self._write(f"(select * from {ROWS} where _dlt_load_id = '{self.load_id}' order by _seq) as r")
        if self._file.rows != facts["landed"]:
            raise WeirError(f"{facts['landed']} rows landed, {self._file.rows} are in the lake's file: run again",
                            cause=Cause.LANDING_FAILED)  # fmt: skip
        if not self._file.rows:
            return
        columns = self._columns()
        size = self._file.complete(columns)
        self.wire.execute(LOCK_SHARED)  # until the receipt is there: a file without one would be removed
        self._drafts.close()
        triples = json.dumps([(column.name, column.type, str(column.arrow)) for column in columns])
        self.wire.execute(NOTE_LANDED, self.source, self.table, self.load_id, self._file.rows, size, triples)

    def _column_types(self) -> dict[str, str]:
        return {row[0]: row[1] for row in self.wire.rows(_COLUMNS, self.place)}

    def _make(self, types: dict[str, str]) -> None:
        """Make the temporary tables, or add columns to them; from now on the rows at hand are there."""
        if not self._made:
            numbers = self.wire.value(_NUMBERS, self.place)
            self.wire.execute(_MAKE.format(place=self.place, load=self.load_id, numbers=numbers))
        for name, type_ in types.items():
            if self._made and name not in self._made:
                for table in (ROWS, ARRIVING, FOUND):
                    self.wire.execute(f"alter table {table} add {as_named(name)} {type_}")
        self._made, self.relation = types, ROWS

    def _columns(self) -> list[LakeColumn]:
        """All columns, as they go into files."""
        return columns_as(self._made)

    def _require_types(self, types: dict[str, str]) -> None:
        """Raise WeirError where a column has another type than in a file: files keep theirs."""
        if self._types is None:
            rows = self.wire.rows(_COLUMNS_IN_FILES, self.source, self.table)
            self._types = {row[0]: row[1] for row in rows}
        self._types = types | self._types
        for name, type_ in types.items():
            if self._types[name] != type_:
                raise WeirError(
                    f"column {name} is {type_} now and {self._types[name]} in the lake, whose files keep their types: "
                    "exclude it, or land a view that gives it the type that it had", cause=Cause.SHAPE_CHANGED,
                )  # fmt: skip

    def _write(self, relation: str) -> None:
        """Write the rows of the relation to the load's file."""
        columns = self._columns()
        names = ", ".join(f"{as_named(c.name)}::text" if c.type.startswith("character(") else as_named(c.name)
                          for c in columns)  # fmt: skip
        for block in _chunks(self.wire.copy_out(f"select {names} from {relation}", "csv")):
            self._file.add(block, columns)

    def _fetch(self, choose: Choose) -> None:
        """Copy rows of the files of earlier loads, as they are chosen, into `weir_rows`."""
        if not self._made:
            self._make(self._column_types())
        for (load,) in self.wire.rows(_FILES, self.source, self.table):
            path = f"{self.folder}/{tame(load)}.parquet"
            try:
                file = pq.ParquetFile(self.lake.store.open(path))
            except (FileNotFoundError, pa.ArrowInvalid):
                raise WeirError(
                    f"{self.lake.store.url}/{path} is gone or damaged, and its rows are nowhere else: put it back from "
                    "a backup of the lake, then run again", cause=Cause.LANDING_FAILED,
                ) from None  # fmt: skip
            for found in choose(file):
                self.wire.copy_in(None, FOUND, found.column_names, [csv_of(found)], "csv")
                self.wire.execute(f"insert into {ROWS} select * from {FOUND} on conflict (_seq) do nothing")
                self.wire.execute(f"truncate {FOUND}")


def _chunks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Join blocks to some 4 MB that end with a row; a block ends with one unless a large row is cut into several."""
    held: list[bytes] = []
    size = 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size >= CHUNK and block.endswith(b"\n"):
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


_MAKE = """
create temporary table weir_rows (like {place}) on commit drop;
create temporary table weir_arriving (like {place}) on commit drop;
create temporary table weir_found (like {place}) on commit drop;
alter table weir_rows add primary key (_seq), alter _seq set default nextval({numbers});
alter table weir_arriving alter _seq set default nextval({numbers}), alter _dlt_load_id set default '{load}',
alter _op set default 'upsert'"""
_NUMBERS = "select quote_literal(pg_get_serial_sequence($1, '_seq'))"
_COLUMNS = """
select attname::text, format_type(atttypid, atttypmod) from pg_attribute
where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attnum"""
_COLUMNS_IN_FILES = """
select distinct column_ ->> 0, column_ ->> 1 from ops.lake_files, jsonb_array_elements(columns) as column_
where source = $1 and table_name = $2"""
_FILES = "select load_id from ops.lake_files where source = $1 and table_name = $2 order by written_at, load_id"
