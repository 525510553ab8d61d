"""Raw: one table's append-only change log, seen from one landing's transaction.

In: columns and rows. Out: rows with `_dlt_load_id`, `_op` and `_seq`; the differences between what came and what is
there; the receipt and the state. The caller commits.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from ingest.raw import drift
from ingest.raw.columns import Column, as_named, comparable, listed, quoted
from ingest.raw.connection import Wire
from weir.core.errors import WeirError
from weir.project.names import shortened

# How a column widens without losing a value; what has no way here becomes text.
_WIDER = {"smallint": ["integer", "bigint", "numeric"], "integer": ["bigint", "numeric"], "bigint": ["numeric"],
          "real": ["double precision"], "bpchar": ["text"]}  # fmt: skip
MOST = 1600  # columns of a table in PostgreSQL
_META = ["_dlt_load_id", "_op", "_seq"]
# `_dlt_new` is for `weir verify`; PostgreSQL has the others in every table.
_TAKEN = {*_META, "_dlt_new", "ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"}
# One number at a time costs a sixth of a COPY. What a session keeps ahead ends with it, and the lock of `begin` lets
# one session at a time write: so later still means greater, with gaps.
SEQ_CACHE = 1000

AHEAD = 1000  # blocks that a COPY may leave empty at a table's end, for the next one to fill: some 64 each


class Raw:
    """One table of raw in one transaction of the warehouse."""

    def __init__(self, wire: Wire, source: str, table: str, load_id: str) -> None:
        self.wire, self.source, self.table, self.load_id = wire, source, table, load_id
        self.schema = shortened(f"raw_{source}")
        self.name = shortened(table)
        self.relation = quoted(self.schema, self.name)
        self.columns: list[Column] = []
        self.empty = True
        self.made = False  # in this transaction
        self.state: dict[str, Any] = {}
        self.block = 0  # near the table's end: what this landing writes lies there or beyond, as a rule
        self._have: dict[str, str] | None = None
        self._before: dict[str, str] | None = None

    def begin(self, job: str) -> dict[str, Any] | None:
        """Open the transaction; returns the receipt of this job where it has one already."""
        name = "'" + self.relation.replace("'", "''") + "'"
        # What has just landed is in no statistics: where the planner expects one row of it, a nested loop takes hours.
        self.wire.execute("begin; set local enable_nestloop = off; set local jit = off; "
                          f"select pg_advisory_xact_lock(hashtext('weir land'), hashtext({name}))")  # fmt: skip
        return self.look(job)

    def look(self, job: str = "") -> dict[str, Any] | None:
        """See what is known: the table's state (that of its newest receipt with one; none where the table itself is
        gone), its columns now and when last landed. Returns the job's receipt, if it has one."""
        found = self.wire.row(_KNOWN, self.source, self.table, self.relation, self.load_id, job)
        receipt, state, self._before, have = (value and json.loads(value) for value in found)
        self.state, self._have = state or {}, dict(have or [])
        return receipt or None

    def prepare(self, columns: list[Column]) -> list[Column]:
        """Make or widen the table; returns the columns with the types that raw has for them."""
        names = [column.name for column in columns]
        clash = [name for at, name in enumerate(names) if name in _TAKEN or name in names[at + 1 :]]
        if clash:
            raise WeirError(f"column {clash[0]!r} at the source has a name that raw keeps for itself: exclude it, or "
                            "land a view that calls it otherwise")  # fmt: skip
        have = self._tamed(self._there() if self._have is None else self._have)
        self._have = None
        over = len({column.name for column in columns} | set(have) | set(_META)) - MOST
        if over > 0:
            wide = MOST + over - len(_META)
            raise WeirError(f"{wide:,} columns and {len(_META)} of raw's own are more than the {MOST:,} that a table "
                            f"can have: exclude {over}")  # fmt: skip
        if not have:
            body = "".join(f"{quoted(c.name)} {c.type}, " for c in columns)
            self.wire.execute(f"create schema if not exists {quoted(self.schema)}")
            self.wire.execute(
                f"create table {self.relation} ({body}_dlt_load_id text not null, _op text not null, "
                f"_seq bigint generated always as identity (cache {SEQ_CACHE}))"
            )
            self.find_by("_dlt_load_id")
            self.made = True
        self.empty, self.block = self.wire.row(
            f"select not exists (select from {self.relation}), greatest(pg_relation_size($1::regclass) "
            f"/ current_setting('block_size')::int8 - {AHEAD}, 0)", self.relation
        )  # fmt: skip
        self.columns = [self._fit(column, have) if have else column for column in columns]
        return self.columns

    def names(self) -> set[str]:
        """The names of the table's columns as it is; none where there is no table yet."""
        return set(map(shortened, self._there())) - set(_META)

    def _there(self) -> dict[str, str]:
        return {r[0]: r[1] for r in self.wire.rows(_COLUMNS.replace("$3", "$1"), self.relation)}

    def find_by(self, column: str) -> None:
        """See that rows that came together are found by this column of theirs without reading the whole table."""
        index = self.wire.value(_RANGES, self.relation, column)
        if index:
            self.wire.execute("select brin_summarize_new_values($1::int8::oid::regclass)", index)
        else:
            self.wire.execute(f"create index on {self.relation} using brin ({quoted(column)})")

    @contextmanager
    def constants(self) -> Iterator[None]:
        """Rows that come meanwhile bear this load and `upsert` by default: neither is sent. Locks the table."""
        load, op = f"alter table {self.relation} alter _dlt_load_id", "alter _op"
        self.wire.execute(f"{load} set default '{self.load_id}', {op} set default 'upsert'")
        yield
        self.wire.execute(f"{load} drop default, {op} drop default")

    def adopt(self) -> None:
        """Take the table's own columns, all of them, for those at hand."""
        self.columns = [Column(name, type_) for name, type_ in self._there().items() if name not in _META]

    def _tamed(self, have: dict[str, str]) -> dict[str, str]:
        """The columns, those renamed that landed before their names were looked at."""
        for name in [name for name in have if shortened(name) != name]:
            self.wire.execute(f"alter table {self.relation} rename {as_named(name)} to {quoted(name)}")
        return {shortened(name): type_ for name, type_ in have.items()}

    def _fit(self, column: Column, have: dict[str, str]) -> Column:
        there = have.get(column.name)
        if there is None:
            self.wire.execute(f"alter table {self.relation} add column {quoted(column.name)} {column.type}")
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
        self.wire.execute(
            f"alter table {self.relation} alter {name} type {column.type} using {name}::text::{column.type}"
        )
        return True

    def incoming(self, extra: str = "") -> None:
        """Make the temporary table that takes what comes before it is compared."""
        body = ", ".join(f"{quoted(c.name)} {c.type}" for c in self.columns)
        self.wire.execute(f"create temporary table incoming ({body}{extra}) on commit drop")

    def live(self, key: list[str], columns: str, where: str = "true") -> str:
        """A query for the current rows: the last of each key, tombstones left out."""
        last = f"select max(_seq) from {self.relation} where {where} group by {listed(key)}"
        return f"select {columns} from {self.relation} where _seq in ({last}) and _op = 'upsert'"

    def check_keys(self, relation: str, key: list[str], where: str = "true") -> None:
        """Raise WeirError where the key holds NULL in the relation, or twice the same."""
        names = listed(key)
        null = " or ".join(f"{quoted(name)} is null" for name in key)
        twice = self.wire.row(f"select {names}, count(*) from {relation} where {where} group by {names} "
                              f"having count(*) > 1 or {null} limit 1")  # fmt: skip
        if twice:
            value = ", ".join(str(v) for v in list(twice)[:-1])
            raise WeirError(
                f"key ({', '.join(key)}) is not a key: {value} stands in {twice[-1]} rows; "
                "declare a key that is unique and never NULL, or none"
            )

    def check_null(self, key: list[str], relation: str) -> None:
        """Raise WeirError where a part of the key is NULL in the relation."""
        for name in key:
            if self.wire.value(f"select exists (select from {relation} where {quoted(name)} is null)"):
                raise WeirError(f"key names {name!r}, which some rows do not have: mend `key`")

    def insert_changes(self, key: list[str], deletes: bool = True) -> tuple[int, int]:
        """Append what differs between `incoming` and the current rows; returns upserts and tombstones.

        With `deletes` false, `incoming` is a part of the source, and what it lacks is not gone.
        """
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
        """Append a tombstone for every live key that the relation `keys` lacks; returns how many."""
        names = listed(key)
        same = " and ".join(f"k.{quoted(name)} = r.{quoted(name)}" for name in key)
        null = " or ".join(f"{quoted(name)} is null" for name in key)  # equal to nothing, but the same to `except`
        # What is still there leaves first: to find the last version of every key would cost as much as a full load.
        left = f"select {names}, _seq, _op from {self.relation} r where not exists (select from {keys} k where {same})"
        last = f"select distinct on ({names}) {names}, _op from ({left}) l order by {names}, _seq desc"
        return self.wire.execute(
            f"insert into {self.relation} ({names}, _dlt_load_id, _op) select {names}, '{self.load_id}', 'delete' "
            f"from (select {names} from ({last}) o where _op = 'upsert' "
            f"except select {names} from {keys} where {null}) gone"
        )

    def receipt(
        self, job: str, run_id: str | None, as_of: datetime, facts: dict[str, Any], state: dict[str, Any] | None
    ) -> None:
        """Write the job's receipt, with the state that the table is in from now on; `facts` learn of the drift."""
        columns = {c.name: c.type for c in self.columns}
        facts["drift"] = drift.told(self._before, columns) if self._before and not self.made else ""
        self.wire.execute(
            _RECEIPT, self.load_id, job, run_id, self.source, self.table, facts["promise"], facts["how"],
            facts["extracted"],
            facts["landed"], facts["deleted"], facts.get("source_rows"), facts.get("bytes", 0), facts["seconds"],
            as_of, None if state is None else json.dumps(state), json.dumps(columns),
            facts["drift"] or None, facts.get("duplicates"),
        )  # fmt: skip


_COLUMNS = """select attname,
case atttypid when 'bpchar'::regtype then 'bpchar' else format_type(atttypid, null) end as type from pg_attribute
where attrelid = to_regclass($3) and attnum > 0 and not attisdropped order by attnum"""
_RANGES = """select i.indexrelid::int8 from pg_index i join pg_class c on c.oid = i.indexrelid
join pg_am m on m.oid = c.relam and m.amname = 'brin'
join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
where i.indrelid = to_regclass($1) and a.attname = $2"""
_RECEIPT = """insert into ops.landings (load_id, job, run_id, source, table_name, promise, how, extracted, landed,
deleted, source_rows, bytes, seconds, as_of, state, columns, drift, duplicates)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"""
_NEWEST = "from ops.landings where source = $1 and table_name = $2 and {} is not null order by landed_at desc limit 1"
_KNOWN = f"""select (select to_jsonb(l) from ops.landings l where load_id = $4 and job = $5),
(select state from (select state {_NEWEST.format("state")}) s where to_regclass($3) is not null),
(select columns {_NEWEST.format("columns")}),
(select jsonb_agg(jsonb_build_array(attname, type)) from ({_COLUMNS}) c)"""
