"""Raw: the append-only change log of one table, within the transaction of one landing.

In: columns and rows. Out: rows with `_dlt_load_id`, `_op` and `_seq`, of which only those that differ from the live
rows are appended; the receipt and the state. The caller commits. A table that lands in the lake has a Raw of its own
(lake.py).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from ingest.raw import drift, receipts
from ingest.raw.columns import Column, as_named, comparable, listed, quoted
from ingest.raw.connection import Wire, pipe
from ingest.raw.erased import Erased
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.project.names import shortened

# The types that a column can widen to without losing a value; a type without one here becomes text.
_WIDER = {"smallint": ["integer", "bigint", "numeric"], "integer": ["bigint", "numeric"], "bigint": ["numeric"],
          "real": ["double precision"], "bpchar": ["text"]}  # fmt: skip
MOST = 1600  # columns of a table in PostgreSQL
_META = ["_dlt_load_id", "_op", "_seq"]
# `_dlt_new` is used by `weir verify`; PostgreSQL has the others in every table.
TAKEN = {*_META, "_dlt_new", "ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"}
# How many numbers of `_seq` a session draws at once; drawing them one by one costs a sixth of a COPY. The numbers that
# a session did not use are dropped when it ends, and the lock of `begin` lets one session write at a time. So a later
# row still has a greater number, with gaps.
SEQ_CACHE = 1000
# A COPY may leave some 64 empty blocks at a table's end, which the next COPY fills. So this landing's rows are looked
# for from this many blocks before the end.
AHEAD = 1000


class Raw:
    """One table of raw, in one transaction of the warehouse."""

    in_lake = False  # whether the rows go into the lake, and this landing does not have those of earlier ones at hand

    def __init__(self, wire: Wire, source: str, table: str, load_id: str) -> None:
        self.wire, self.source, self.table, self.load_id = wire, source, table, load_id
        self.schema = shortened(f"raw_{source}")
        self.name = shortened(table)
        self.place = quoted(self.schema, self.name)
        self.relation = self.place  # where the rows are
        self.columns: list[Column] = []
        self.empty = True
        self.made = False  # whether this transaction made the table
        self.state: dict[str, Any] = {}
        self.block = 0  # the block from which on this landing's rows lie, as a rule
        self.was_in_lake: bool | None = None  # whether its earlier rows went there; None where there are none
        self.unique = False  # whether a connector knows that no key is twice in `incoming`
        self.erased: Erased | None = None
        self._have: dict[str, str] | None = None
        self._before: dict[str, str] | None = None

    def begin(self, job: str) -> dict[str, Any] | None:
        """Open the transaction and lock the table for this landing; returns the job's receipt if it has one already."""
        name = "'" + self.place.replace("'", "''") + "'"
        # Rows that have just landed are in no statistics: the planner expects one row, and a nested loop takes hours.
        self.wire.execute("begin; set local enable_nestloop = off; set local jit = off; "
                          f"select pg_advisory_xact_lock(hashtext('weir land'), hashtext({name}))")  # fmt: skip
        return self.look(job)

    def look(self, job: str = "") -> dict[str, Any] | None:
        """Read the table's state, its columns now and when it was last landed; returns the job's receipt, if any."""
        receipt, state, self._before, have, self.was_in_lake, erased = receipts.read(
            self.wire, self.place, self.source, self.table, self.load_id, job
        )
        self.erased = Erased.read(erased, self.source, self.table)
        self.state, self._have = state or {}, dict(have or [])
        return receipt or None

    def prepare(self, columns: list[Column]) -> list[Column]:
        """Make the table, or widen it; returns the columns with their types in raw."""
        names = [column.name for column in columns]
        clash = [name for at, name in enumerate(names) if name in TAKEN or name in names[at + 1 :]]
        if clash:
            raise WeirError(f"column {clash[0]!r} at the source has a name that raw keeps for itself: exclude it, or "
                            "land a view that calls it otherwise", cause=Cause.SHAPE_CHANGED)  # fmt: skip
        have = self._tamed(self._present() if self._have is None else self._have)
        self._have = None
        over = len({column.name for column in columns} | set(have) | set(_META)) - MOST
        if over > 0:
            wide = MOST + over - len(_META)
            raise WeirError(f"{wide:,} columns and {len(_META)} of raw's own are more than the {MOST:,} that a table "
                            f"can have: exclude {over}", cause=Cause.SHAPE_CHANGED)  # fmt: skip
        if not have:
            body = "".join(f"{quoted(c.name)} {c.type}, " for c in columns)
            self.wire.execute(f"create schema if not exists {quoted(self.schema)}")
            self.wire.execute(
                f"create table {self.place} ({body}_dlt_load_id text not null, _op text not null, "
                f"_seq bigint generated always as identity (cache {SEQ_CACHE}))"
            )
            self.find_by("_dlt_load_id")
            self.made = True
        self.empty, self.block = self.wire.row(
            f"select not exists (select from {self.place}), greatest(pg_relation_size($1::regclass) "
            f"/ current_setting('block_size')::int8 - {AHEAD}, 0)", self.place
        )  # fmt: skip
        self.columns = [self._fit(column, have) if have else column for column in columns]
        return self.columns

    def names(self) -> set[str]:
        """The names of the table's present columns, without raw's own; none where there is no table yet."""
        return set(map(shortened, self._present())) - set(_META)

    def _present(self) -> dict[str, str]:
        """The table's columns and their types as they are now."""
        return {r[0]: r[1] for r in self.wire.rows(receipts.COLUMNS, self.place)}

    def find_by(self, column: str) -> None:
        """Keep a BRIN index on the column, so that the rows of one load are found without reading the whole table."""
        index = self.wire.value(_RANGES, self.relation, column)
        if index:
            self.wire.execute("select brin_summarize_new_values($1::int8::oid::regclass)", index)
        else:
            self.wire.execute(f"create index on {self.relation} using brin ({quoted(column)})")

    @contextmanager
    def constants(self) -> Iterator[None]:
        """Make this load's id and `upsert` defaults while rows are copied, so that neither is sent. Locks the table."""
        load, op = f"alter table {self.place} alter _dlt_load_id", "alter _op"
        self.wire.execute(f"{load} set default '{self.load_id}', {op} set default 'upsert'")
        yield
        self.wire.execute(f"{load} drop default, {op} drop default")

    def append(self, columns: list[str], blocks: Iterable[bytes]) -> int:
        """Append rows, as blocks of COPY's text; returns their number."""
        return self.wire.copy_in(self.schema, self.name, columns, blocks)

    def receive(
        self, source: Wire, query: str, columns: list[str], seen: Callable[[int], None], freeze: bool = False
    ) -> tuple[int, int]:
        """Append the rows of a query of another server; returns their number and bytes. `seen` is told of the bytes."""
        return pipe(source, query, self.wire, self.schema, self.name, columns, seen, freeze)

    def fetch_files(self, names: list[str]) -> None:
        """Have the rows of these files of the source at hand."""
        self.find_by("_file")

    def fetch_keys(self, key: list[str], relation: str, where: str = "true") -> None:
        """Have the rows at hand whose keys the relation holds."""

    def require_compare(self) -> None:
        """Raise WeirError where the table can't be compared whole with its source."""

    def finish(self, facts: dict[str, Any]) -> None:
        """Put the rows in their place, after all are there and before the receipt."""

    def adopt(self) -> None:
        """Use all columns that the table has now."""
        self.columns = [Column(name, type_) for name, type_ in self._present().items() if name not in _META]

    def _tamed(self, have: dict[str, str]) -> dict[str, str]:
        """Rename columns that landed under names which raw no longer accepts; returns all columns."""
        for name in [name for name in have if shortened(name) != name]:
            self.wire.execute(f"alter table {self.place} rename {as_named(name)} to {quoted(name)}")
        return {shortened(name): type_ for name, type_ in have.items()}

    def _fit(self, column: Column, have: dict[str, str]) -> Column:
        there = have.get(column.name)
        if there is None:
            self.wire.execute(f"alter table {self.place} add column {quoted(column.name)} {column.type}")
            return column
        if self.empty and there != column.type and self._retype(column):
            return column
        if there == column.type or there == "text" or (column.type in _WIDER.get(there, []) and self._retype(column)):
            return Column(column.name, there if there == "text" else column.type, column.expr)
        if there in _WIDER.get(column.type, []):
            return Column(column.name, there, column.expr)
        wide = Column(column.name, "text", column.expr)
        self._retype(wide)
        return wide

    def _retype(self, column: Column) -> bool:
        name = quoted(column.name)
        self.wire.execute(f"alter table {self.place} alter {name} type {column.type} using {name}::text::{column.type}")
        return True

    def incoming(self, extra: str = "") -> None:
        """Make the temporary table `incoming`, which holds the source's rows until they are compared with raw."""
        body = ", ".join(f"{quoted(c.name)} {c.type}" for c in self.columns)
        self.wire.execute(f"create temporary table incoming ({body}{extra}) on commit drop")

    def hold_back(self, key: list[str], relation: str = "", only: list[str] | None = None) -> None:
        """Blank the rows of people who were forgotten, in the relation or in this landing's rows of raw.

        `only` names the columns of the relation where it has not all of them.
        """
        if self.erased:
            columns = {c.name: c.type for c in self.columns if not only or c.name in map(shortened, only)}
            where = "true" if relation else f"_dlt_load_id = '{self.load_id}'"
            self.erased.hold_back(self.wire, relation or self.relation, columns, key, where, raw=not relation)

    def settle_erased(self, key: list[str], facts: dict[str, Any]) -> None:
        """Blank what is left of people who were forgotten, and put the number of their live rows into `facts`."""
        if self.erased:
            self.adopt()
            self.hold_back(key)
            facts["erased"] = self.erased.count_live(self.wire, self.relation, self._present(), key)

    def live(self, key: list[str], columns: str, where: str = "true") -> str:
        """The query for the live rows: the last version of each key, without tombstones."""
        last = f"select max(_seq) from {self.relation} where {where} group by {listed(key)}"
        return f"select {columns} from {self.relation} where _seq in ({last}) and _op <> 'delete'"

    def count_live(self, key: list[str]) -> int:
        """The number of live rows."""
        return int(self.wire.value(f"select count(*) from ({self.live(key, listed(key))}) l"))

    def live_after(self, key: list[str], before: int, count: Callable[[], int]) -> int:
        """The number of live rows. `before` were live before this landing; `count` counts those of the source."""
        return self.count_live(key)

    def check_keys(self, relation: str, key: list[str], where: str = "true") -> None:
        """Raise WeirError when a key of the relation is NULL or stands in two rows."""
        names = listed(key)
        null = " or ".join(f"{quoted(name)} is null" for name in key)
        twice = self.wire.row(f"select {names}, count(*) from {relation} where {where} group by {names} "
                              f"having count(*) > 1 or {null} limit 1")  # fmt: skip
        if twice:
            value = ", ".join(str(v) for v in list(twice)[:-1])
            raise WeirError(
                f"key ({', '.join(key)}) is not a key: {value} stands in {twice[-1]} rows; "
                "declare a key that is unique and never NULL, or none",
                cause=Cause.KEY_UNFIT,
            )

    def check_null(self, key: list[str], relation: str) -> None:
        """Raise WeirError when a column of the key is NULL in the relation."""
        for name in key:
            if self.wire.value(f"select exists (select from {relation} where {quoted(name)} is null)"):
                told = f"key names {name!r}, which some rows do not have: mend `key`"
                raise WeirError(told, cause=Cause.KEY_UNFIT)

    def insert_changes(self, key: list[str], deletes: bool = True) -> tuple[int, int]:
        """Append what differs between `incoming` and the live rows; returns the numbers of upserts and tombstones.

        With `deletes` false `incoming` is a part of the source, and a row that it lacks is not taken for deleted.
        """
        self.hold_back(key, "incoming")
        names = [c.name for c in self.columns]
        compared = ", ".join(comparable(c) for c in self.columns)
        back = ", ".join(f"{quoted(c.name)}::{c.type}" for c in self.columns)
        constants = f"'{self.load_id}', "
        gone = f"{self.live(key, listed(key))} except select {listed(key)} from incoming"
        deleted = 0
        if self.empty:
            return self.wire.execute(
                f"insert into {self.relation} ({listed(names)}, _dlt_load_id, _op) "
                f"select {listed(names)}, {constants}'upsert' from incoming"
            ), 0
        if deletes:
            deleted = self.wire.execute(
                f"insert into {self.relation} ({listed(key)}, _dlt_load_id, _op) "
                f"select {listed(key)}, {constants}'delete' from ({gone}) g"
            )
        changed = f"select {compared} from incoming except {self.live(key, compared)}"
        upserts = self.wire.execute(
            f"insert into {self.relation} ({listed(names)}, _dlt_load_id, _op) "
            f"select {back}, {constants}'upsert' from ({changed}) c"
        )
        return upserts, deleted

    def insert_gone(self, key: list[str], keys: str) -> int:
        """Append a tombstone for every live key that the relation `keys` lacks; returns the number of tombstones."""
        self.hold_back(key, keys, only=key)
        names = listed(key)
        same = " and ".join(f"k.{quoted(name)} = r.{quoted(name)}" for name in key)
        # NULL equals nothing in a join, but `except` takes two NULLs for the same.
        null = " or ".join(f"{quoted(name)} is null" for name in key)
        # Keys still at the source are left out first: finding the last version of every key would cost a full load.
        left = f"select {names}, _seq, _op from {self.relation} r where not exists (select from {keys} k where {same})"
        last = f"select distinct on ({names}) {names}, _op from ({left}) l order by {names}, _seq desc"
        return self.wire.execute(
            f"insert into {self.relation} ({names}, _dlt_load_id, _op) select {names}, '{self.load_id}', 'delete' "
            f"from (select {names} from ({last}) o where _op <> 'delete' "
            f"except select {names} from {keys} where {null}) gone"
        )

    def receipt(
        self, job: str, run_id: str | None, as_of: datetime, facts: dict[str, Any], state: dict[str, Any] | None
    ) -> None:
        """Write the job's receipt, with the table's new state; puts the drift into `facts`."""
        columns = {c.name: c.type for c in self.columns}
        facts["drift"] = drift.describe(self._before, columns) if self._before and not self.made else ""
        receipts.write(
            self.wire, self.load_id, job, run_id, self.source, self.table, as_of, facts, state, columns
        )  # fmt: skip


_RANGES = """select i.indexrelid::int8 from pg_index i join pg_class c on c.oid = i.indexrelid
join pg_am m on m.oid = c.relam and m.amname = 'brin'
join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
where i.indrelid = to_regclass($1) and a.attname = $2"""
