"""MySQL and MariaDB: streamed in one consistent snapshot, compared whole by default.

In: one read-only transaction per table, REPEATABLE READ. Out: one line of COPY per row, made by the server, straight
into raw the first time, else into a temporary table of the warehouse, of which only the differences are appended. A
large table with a cursor lands a window instead: all from the newest cursor landed, less the age of the oldest
transaction then open (its rows come late, with cursors of its beginning); rows that went show in the count, and then,
as on `full`, all is compared. What the window can't see (cursors set backwards, changes that leave the cursor alone)
the next compare finds.
"""

import asyncio
from collections.abc import Iterator

from ingest.connectors import Progress, State, compare, keyed_by_content
from ingest.connectors.mysql_guard import Guard
from ingest.connectors.mysql_lines import ApartError, ahead, apart, flagged, lines
from ingest.connectors.mysql_types import Relation, back, describe, one_value, values
from ingest.connectors.mysql_wire import Wire
from ingest.plan import Source, Table
from ingest.raw import Column, Raw, listed
from weir.settings import WeirError

WHOLE = 200_000  # rows up to which comparing all costs less than it is worth avoiding
PROMISE = "exact on compare"


class Connector:
    """One MySQL or MariaDB source."""

    def __init__(self, source: Source, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.source = source
        self.wire = Wire(source, url)

    def close(self) -> None:
        """Let the source go."""
        self.wire.close()

    def land(self, table: Table, raw: Raw, state: State, full: bool, progress: Progress) -> tuple[State, State]:
        """Land what changed, by comparing all of it or a window of the cursor."""
        guard = Guard(self.wire) if table.cursor else None  # before the snapshot
        self.wire.snapshot()
        relation = describe(self.wire, table)
        columns = self._prepare(table, raw, relation)
        key = table.key or ["_key"]
        if raw.empty and table.key:
            facts = self._first(table, raw, relation, progress)
            return facts, self._state(table, relation, facts["source_rows"], guard)
        raw.incoming()
        tried = {"landed": 0, "deleted": 0, "extracted": 0, "bytes": 0}
        known = state.get("token") == relation.token and state.get("cursor") is not None
        if guard and table.key and known and not full and state["rows"] > WHOLE:
            tried = self._window(table, raw, relation, state, progress)
            rows = self.wire.value(f"SELECT COUNT(*) FROM {relation.name}")
            if raw.wire.value(f"select count(*) from ({raw.live(key, listed(key))}) l") == rows:
                facts = tried | {"how": guard.how(table), "source_rows": rows, "promise": PROMISE}
                return facts, self._state(table, relation, rows, guard)
            raw.wire.execute("truncate incoming")
        read, size = self._read(raw, relation, "", None, "incoming", progress)
        self._check(table, raw, relation, "incoming")
        facts = compare(raw, key, columns, read)
        for name in ("landed", "deleted", "extracted"):
            facts[name] += tried[name]
        facts |= {"bytes": size + tried["bytes"], "promise": PROMISE}
        return facts, self._state(table, relation, read, guard)

    def whole(self, table: Table, raw: Raw, state: State) -> tuple[list[str], str]:
        """Read all of the table into `incoming`."""
        self.wire.snapshot()
        relation = describe(self.wire, table)
        self._prepare(table, raw, relation)
        raw.incoming(", _new boolean")
        self._read(raw, relation, "", None, "incoming", lambda rows, size: None)
        self._check(table, raw, relation, "incoming")
        return table.key or ["_key"], PROMISE

    def _prepare(self, table: Table, raw: Raw, relation: Relation) -> list[Column]:
        columns = [Column(c.name, c.type) for c in relation.columns] + [Column("_escaped", "boolean")]
        return raw.prepare(columns + ([] if table.key else [Column("_key")]))

    def _check(self, table: Table, raw: Raw, relation: Relation, where: str) -> None:
        if not table.key:
            keyed_by_content(raw)
        elif not relation.unique:
            raw.check_keys(where, table.key)

    def _first(self, table: Table, raw: Raw, relation: Relation, progress: Progress) -> State:
        """COPY all straight into raw."""
        with raw.constants():
            rows, size = self._read(raw, relation, "", raw.schema, raw.name, progress)
        self._check(table, raw, relation, raw.relation)
        return {"how": "first load", "extracted": rows, "landed": rows, "deleted": 0, "source_rows": rows,
                "bytes": size, "promise": PROMISE}  # fmt: skip

    def _window(self, table: Table, raw: Raw, relation: Relation, state: State, progress: Progress) -> State:
        cursor = back(str(table.cursor))
        where = f" WHERE {cursor} >= {self.wire.text(state['cursor'])} OR {cursor} IS NULL"
        rows, size = self._read(raw, relation, where, None, "incoming", progress)
        upserts = raw.insert_changes(table.key, deletes=False)[0]
        return {"extracted": rows, "landed": upserts, "deleted": 0, "bytes": size}

    def _state(self, table: Table, relation: Relation, rows: int, guard: Guard | None) -> State:
        state: State = {"rows": rows, "token": relation.token}
        return state | {"cursor": guard.low(self.wire, relation, table)} if guard else state

    def _read(self, raw: Raw, relation: Relation, where: str, schema: str | None, target: str,
              progress: Progress) -> tuple[int, int]:  # fmt: skip
        """COPY the rows into the target; returns rows and bytes. Reads column by column where a row is too long."""
        raw.wire.execute("savepoint before_rows")
        try:
            blocks = lines(self.wire.packets(one_value(relation, where)), len(relation.columns))
            return self._copy(raw, blocks, relation, schema, target, progress)
        except ApartError:
            raw.wire.execute("rollback to savepoint before_rows")
        blocks = apart(self.wire.packets(values(relation, where)), [c.type == "bytea" for c in relation.columns])
        return self._copy(raw, blocks, relation, schema, target, progress)

    def _copy(self, raw: Raw, blocks: Iterator[bytes], relation: Relation, schema: str | None, target: str,
              progress: Progress) -> tuple[int, int]:  # fmt: skip
        rows = size = 0

        def counted(blocks: Iterator[bytes]) -> Iterator[bytes]:
            nonlocal rows, size
            for block in blocks:
                rows, size = rows + block.count(b"\n"), size + len(block)
                progress(rows, size)
                yield block

        feed = ahead(flagged(blocks))
        try:
            names = [*(c.name for c in relation.columns), "_escaped"]
            landed = raw.wire.copy_in(schema, target, names, counted(feed))
        finally:
            feed.close()  # type: ignore[attr-defined]
        if landed != rows:
            raise WeirError(f"the source sent {rows} rows, the warehouse counted {landed}: run again")
        return rows, size
