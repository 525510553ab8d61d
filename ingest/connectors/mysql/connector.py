"""MySQL and MariaDB: lands a table from one consistent snapshot, by default by comparing it whole.

In: one read-only transaction per table, REPEATABLE READ. Out: one line of COPY per row, made by the server. A first
load goes straight into raw; later the rows go into a temporary table of the warehouse, and only differences are
appended.

A large table with a cursor lands a window instead. The window begins at the newest landed cursor, less the age of the
oldest transaction that was open then: rows of that transaction come late, with older cursors. When the counts show that
rows are gone, and on `full`, the table is compared whole. Changes that the window can't see (a cursor set back, a
change that leaves the cursor alone) are found by the next compare.

A compare reads all rows, or digests and then the rows of the buckets that changed (`compare: digest`, and `auto` where
reading all rows is slow).
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from ingest.connectors.base import Found, Progress, State, compare, keyed_by_content
from ingest.connectors.counted import copy_counted
from ingest.connectors.mysql import digest
from ingest.connectors.mysql.connection import Wire
from ingest.connectors.mysql.guard import Guard
from ingest.connectors.mysql.rows import ApartError, apart, flagged, lines
from ingest.connectors.mysql.types import CATALOG, Relation, back, describe, one_value, values
from ingest.raw.columns import Column, listed
from ingest.raw.table import Raw
from weir.project.plan import Source, Table

SMALL = 200_000  # up to so many rows a table is always compared whole, for that costs little
PROMISE = "exact on compare"


class Connector:
    """One MySQL or MariaDB source."""

    def __init__(self, source: Source, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.source = source
        self.wire = Wire(source, url)

    def close(self) -> None:
        """Close the connection to the source."""
        self.wire.close()

    def catalog(self) -> list[Found]:
        """The tables that the account may read, of all databases but the server's own."""
        rows = self.wire.rows(CATALOG)
        return [
            Found("" if here else schema, name, json.loads(key or "[]"), bool(here)) for schema, name, here, key in rows
        ]

    def land(self, table: Table, raw: Raw, state: State, full: bool, progress: Progress) -> tuple[State, State]:
        """Land changed rows, by comparing the whole table or a window of the cursor."""
        guard = Guard(self.wire) if table.cursor else None  # read before the snapshot
        self.wire.snapshot()
        relation = self._describe(table, raw, state)
        columns = self._prepare(table, raw, relation)
        key = table.key or ["_key"]
        same = state.get("token") == relation.token
        count = state.get("digests") if same and not raw.empty else None  # how many buckets have stored digests
        by_digest = bool(table.key) and self._by_digest(table, raw, state)
        if raw.empty and table.key:
            facts = self._first(table, raw, relation, progress)
            if by_digest:
                count = digest.buckets(facts["source_rows"])
                now, _ = digest.digests(self.wire, relation, table.key, count)
                digest.keep(raw, now, list(now))
            return facts, self._state(table, relation, facts["source_rows"], guard, count)
        raw.incoming()
        tried = {"landed": 0, "deleted": 0, "extracted": 0, "bytes": 0}
        if guard and table.key and same and state.get("cursor") is not None and not full and state["rows"] > SMALL:
            tried = self._window(table, raw, relation, state, progress, count)
            rows = self.wire.value(f"SELECT COUNT(*) FROM {relation.name}")
            if raw.count_live(key) == rows:
                facts = tried | {"how": guard.how(table), "source_rows": rows, "promise": PROMISE}
                return facts, self._state(table, relation, rows, guard, count)
            raw.wire.execute("truncate incoming")
        if by_digest:
            facts, count = self._digested(table, raw, relation, count, state, progress)
        else:
            read, size = self._read(raw, relation, "", "incoming", progress)
            self._check(table, raw, relation, "incoming")
            facts, count = compare(raw, key, columns, read) | {"bytes": size}, None
        for name in tried:
            facts[name] += tried[name]
        return facts | {"promise": PROMISE}, self._state(table, relation, facts["source_rows"], guard, count)

    def _by_digest(self, table: Table, raw: Raw, state: State) -> bool:
        """Whether to compare by digest: as declared; by `auto` where the last reading of all rows was slow."""
        wanted = table.compare or self.source.compare
        return wanted == "digest" or (wanted == "auto" and state.get("rows", 0) > SMALL and digest.dear(raw))

    def _digested(self, table: Table, raw: Raw, relation: Relation, count: int | None, state: State,
                  progress: Progress) -> tuple[State, int]:  # fmt: skip
        """Read the buckets whose digests changed, or all rows where most did; returns the facts and the number of
        buckets.
        """
        before = digest.stored(raw) if count else {}
        count = count or digest.buckets(int(self.wire.value(f"SELECT COUNT(*) FROM {relation.name}")))
        now, rows = digest.digests(self.wire, relation, table.key, count)
        which = digest.changed(before, now)
        where, how = "", "digest, all read"
        if before and len(which) <= max(4, len(now) // 3):
            numbers = ", ".join(map(str, which))
            where, how = f" WHERE {digest.bucket(relation, table.key, count)} IN ({numbers})", "digest"
        read = size = upserts = deleted = 0
        if which:
            read, size = self._read(raw, relation, where, "incoming", progress)
            self._check(table, raw, relation, "incoming")
            upserts, deleted = raw.insert_changes(table.key, deletes=not where)
        if where and raw.count_live(table.key) != rows:
            deleted = self._gone(table, raw, relation)
        digest.keep(raw, now, which if before else sorted({*now, *digest.stored(raw)}))
        return {"how": how, "extracted": read, "landed": upserts + deleted, "deleted": deleted, "source_rows": rows,
                "bytes": size}, count  # fmt: skip

    def _gone(self, table: Table, raw: Raw, relation: Relation) -> int:
        """Append a tombstone for every live key that the source no longer has; returns the number of tombstones."""
        keys = [relation.column(name) for name in table.key]
        body = ", ".join(f"{listed([c.name])} {c.type}" for c in raw.columns if c.name in {k.name for k in keys})
        raw.wire.execute(f"create temporary table keys ({body}, _escaped boolean) on commit drop")
        self._read(raw, replace(relation, columns=keys), "", "keys", lambda rows, size: None)
        return raw.insert_gone(table.key, "keys")

    def read_all(self, table: Table, raw: Raw, state: State) -> tuple[list[str], str]:
        """Read the whole table into `incoming`."""
        self.wire.snapshot()
        relation = self._describe(table, raw, state)
        self._prepare(table, raw, relation)
        raw.incoming(", _dlt_new boolean")
        self._read(raw, relation, "", "incoming", lambda rows, size: None)
        self._check(table, raw, relation, "incoming")
        raw.unique = True
        return table.key or ["_key"], PROMISE

    def _describe(self, table: Table, raw: Raw, state: State) -> Relation:
        """The table at the source. A timestamp that has landed without its zone goes on so."""
        known = cache(raw.names)
        return describe(self.wire, table, lambda name: name in state.get("zoned", []) or name not in known())

    def _prepare(self, table: Table, raw: Raw, relation: Relation) -> list[Column]:
        columns = [Column(c.name, c.type) for c in relation.columns] + [Column("_escaped", "boolean")]
        return raw.prepare(columns + ([] if table.key else [Column("_key")]))

    def _check(self, table: Table, raw: Raw, relation: Relation, where: str) -> None:
        if not table.key:
            keyed_by_content(raw)
        elif not relation.unique:
            raw.check_keys(where, table.key)

    def _first(self, table: Table, raw: Raw, relation: Relation, progress: Progress) -> State:
        """COPY the whole table straight into raw."""
        with raw.constants():
            rows, size = self._read(raw, relation, "", "", progress)
        self._check(table, raw, relation, raw.relation)
        return {"how": "first load", "extracted": rows, "landed": rows, "deleted": 0, "source_rows": rows,
                "bytes": size, "promise": PROMISE, "compared": False, "is_whole": True}  # fmt: skip

    def _window(self, table: Table, raw: Raw, relation: Relation, state: State, progress: Progress,
                count: int | None) -> State:  # fmt: skip
        cursor = back(str(table.cursor))
        where = f" WHERE {cursor} >= {self.wire.text(state['cursor'])} OR {cursor} IS NULL"
        rows, size = self._read(raw, relation, where, "incoming", progress)
        upserts = raw.insert_changes(table.key, deletes=False)[0]
        if count and upserts:
            number = digest.bucket(relation, table.key, count)
            touched = self.wire.rows(f"SELECT DISTINCT {number} FROM {relation.name}{where}")
            digest.forget(raw, [int(row[0]) for row in touched])
        return {"extracted": rows, "landed": upserts, "deleted": 0, "bytes": size}

    def _state(self, table: Table, relation: Relation, rows: int, guard: Guard | None, count: int | None) -> State:
        state: State = {"rows": rows, "token": relation.token} | ({"digests": count} if count else {})
        state |= {"zoned": zoned} if (zoned := [c.name for c in relation.columns if c.zoned]) else {}
        return state | {"cursor": guard.low(self.wire, relation, table)} if guard else state

    def _read(self, raw: Raw, relation: Relation, where: str, target: str,
              progress: Progress) -> tuple[int, int]:  # fmt: skip
        """COPY the rows into the temporary table `target`, or into raw; returns rows and bytes.

        A row too long for one value is read column by column.
        """
        raw.wire.execute("savepoint before_rows")
        try:
            blocks = lines(self.wire.packets(one_value(relation, where)), len(relation.columns))
            return self._copy(raw, blocks, relation, target, progress)
        except ApartError:
            raw.wire.execute("rollback to savepoint before_rows")
        blocks = apart(self.wire.packets(values(relation, where)), [c.type == "bytea" for c in relation.columns])
        return self._copy(raw, blocks, relation, target, progress)

    def _copy(self, raw: Raw, blocks: Iterator[bytes], relation: Relation, target: str,
              progress: Progress) -> tuple[int, int]:  # fmt: skip
        names = [*(c.name for c in relation.columns), "_escaped"]
        return copy_counted(raw, target, names, flagged(blocks), progress)
