"""PostgreSQL: lands tables by row version, which is exact and needs SELECT alone; others are compared whole.

Compared whole are views, foreign tables, tables without a key, and tables of which row policies show a part.

In: one repeatable-read, read-only transaction per table. Out: binary COPY from the source into raw, through a small
queue. New are the row versions whose transaction is at or above the last snapshot's xmin, less those that have landed.
Deleted keys are found by keys.py. A changed token (another server, a restart, another schema) leads to a compare by
content. A huge table that only grows may land windows of its cursor in between (windows.py).
"""

import asyncio
from typing import Any

from ingest.connectors.base import Found, Progress, State, compare, keyed_by_content
from ingest.connectors.postgres import windows
from ingest.connectors.postgres.catalog import CATALOG, NONE, Relation, describe, find, query
from ingest.connectors.postgres.keys import Keys
from ingest.raw.columns import Column
from ingest.raw.connection import Wire, pipe
from ingest.raw.table import Raw
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.project.plan import Source, Table

LOCK_TIMEOUT = "10s"
_TURN = 2**32
# Transactions that landed and are newer than the oldest open one are kept by number, up to so many. Beyond (a session
# wrote and idles for hours) their rows are read again by each landing, and only what differs is appended.
SPAN = 100_000
# Up to so many transactions are looked for by number: several processes of the source can do that at once.
FEW = 64


class Connector:
    """One PostgreSQL source."""

    lands_in_lake = True

    def __init__(self, source: Source, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.wire = Wire(url, "weir land", loop, source.connection)
        self.wire.execute("set default_transaction_read_only = on")

    def close(self) -> None:
        """Close the connection to the source."""
        self.wire.close()

    def again(self) -> None:
        """End the transaction, so that another table can be read."""
        self.wire.execute("rollback")

    def catalog(self) -> list[Found]:
        """The tables that the account may read, partitions left out."""
        return [Found(schema, name, list(key), schema == "public") for schema, name, key in self.wire.rows(CATALOG)]

    def _open(self, table: Table) -> Relation:
        """Lock the table against rewrites, then take the snapshot: a TRUNCATE under way would make the table look
        empty.
        """
        for _ in range(3):
            oid, kind, name = find(self.wire, table)
            lockable = "rpv" if self.wire.connection.get_server_version().major >= 11 else "rp"
            lock = f"lock table {name} in access share mode" if kind in lockable else ""
            self.wire.execute("begin isolation level repeatable read read only; "
                              f"set local lock_timeout = '{LOCK_TIMEOUT}'; {lock}")  # fmt: skip
            relation = describe(self.wire, oid, kind, name, table)
            if relation:
                return relation
            self.wire.execute("rollback")  # another table took the name while we waited for the lock
        raise WeirError(
            f"{name} was replaced by another table again and again: run again when that has ended",
            cause=Cause.SHAPE_CHANGED,
        )

    def land(self, table: Table, raw: Raw, state: State, full: bool, progress: Progress) -> tuple[State, State]:
        """Land new row versions, or a first load, or the differences: the module says when which."""
        ahead = windows.look(self.wire) if table.append_only else None  # read before the snapshot
        relation = self._open(table)
        keyless = not table.key
        source = [*relation.columns, Column("_key", "text", "null::text")] if keyless else relation.columns
        if ahead:
            windows.require_moment(table, source)
        columns = raw.prepare(source)
        if raw.in_lake:
            _require_for_lake(relation, keyless)
        if not relation.versions or keyless:
            facts = self._compare(table, raw, relation, source, columns, progress)
            return facts | {"promise": "exact"}, {"rows": facts["source_rows"], "token": relation.token}
        low, high = relation.open, relation.next
        known = state.get("token") == relation.token and "xmin" in state and _follows(state, low, high)
        promise = {"promise": "exact on compare" if ahead else "exact"}
        if ahead and known and not full and not raw.empty and (window := windows.window(table, state, ahead)):
            where = f"{window[0]} and {new_versions(state, high)}"  # versions that the last sweep saw have landed
            facts = self._copy(raw, relation, source, columns, where, progress) | {"how": "cursor"}
            seen = {"rows": state["rows"] + facts["landed"]} if raw.in_lake else {}
            return facts | promise, state | {"low": window[1]} | seen
        following: State = {"xmin": low, "xids": self._newest(relation, low, high), "token": relation.token}
        following |= windows.following(ahead) if ahead else {}
        bits = None
        if raw.empty:
            facts = self._first(raw, relation, source, columns, progress)
            raw.hold_back(table.key)
            if not relation.unique:
                raw.check_keys(raw.relation, table.key)
            rows = facts["landed"]
            if raw.in_lake and not ahead:  # later they can't be made of raw
                bits = Keys(self.wire, raw, relation, source, table.key).remember(rows)
        elif not known or (full and not raw.in_lake):
            facts = self._compare(table, raw, relation, source, columns, progress)
            rows = facts["source_rows"]
            bits = None if ahead else Keys(self.wire, raw, relation, source, table.key).remember(rows)
        else:
            where = new_versions(state, high)
            several = ahead or state["xids"] is None  # some new versions may have landed already
            keys = Keys(self.wire, raw, relation, source, table.key)
            if where != NONE and not several:
                where = keys.find_new(state["rows"], where)
                # in the lake only key bits tell new keys from changed ones; else the rows with these keys are read
                several = raw.in_lake and not (keys.packed and state.get("bits"))
            if several:
                facts = self._sweep(table, raw, relation, source, columns, where, progress)
            else:
                facts = self._copy(raw, relation, source, columns, where, progress)
                raw.hold_back(table.key)  # before keys are counted
            keys.landed = facts["landed"]
            if several:
                settled = keys.balance(raw.live_after(table.key, state["rows"], keys.count))
            else:
                settled = keys.settle(state["rows"], state.get("bits"))
            rows, deleted, bits = settled.rows, settled.deleted, settled.bits
            facts |= {"how": "row versions", "compared": False, "is_whole": False}
            facts |= {"deleted": deleted, "landed": facts["landed"] + deleted}
        following |= {"bits": bits} if bits else {}
        return facts | {"source_rows": rows} | promise, following | {"rows": rows}

    def read_all(self, table: Table, raw: Raw, state: State) -> tuple[list[str], str]:
        """Read the whole table into `incoming`; `_dlt_new` is true for rows that changed after the last landing."""
        relation = self._open(table)
        keyless = not table.key
        source = [*relation.columns, Column("_key", "text", "null::text")] if keyless else relation.columns
        columns = raw.prepare(source)
        same = relation.versions and state.get("token") == relation.token and "xmin" in state
        new = f"({new_versions(state, relation.next)})" if same else "false"
        raw.incoming(", _dlt_new boolean")
        names = [*(c.name for c in columns), "_dlt_new"]
        pipe(self.wire, query(columns, source, relation.name, f", {new}"), raw.wire, None, "incoming", names)
        if keyless:
            keyed_by_content(raw)
        raw.unique = keyless or relation.unique
        return table.key or ["_key"], "exact"

    def _newest(self, relation: Relation, low: int, high: int) -> list[int] | None:
        """The transactions, from the oldest open one on, that wrote rows the snapshot sees; None for too many."""
        if high - low > SPAN:
            return None
        if high == low:
            return []
        found = self.wire.value(
            f"select array_agg(distinct xmin::text) from {relation.name} where {_since(low, high, [])}"
        )
        return sorted(int(xid) for xid in found or [])

    def _first(self, raw: Raw, relation: Relation, source: list[Column], columns: list[Column],
               progress: Progress) -> dict[str, Any]:  # fmt: skip
        """COPY the whole table straight into raw."""
        names = [c.name for c in columns]
        text = query(columns, source, relation.name)
        with raw.constants():
            rows, size = raw.receive(self.wire, text, names, lambda n: progress(0, n), freeze=raw.made)
        return {"extracted": rows, "landed": rows, "deleted": 0, "bytes": size, "how": "first load", "compared": False,
                "is_whole": True}  # fmt: skip

    def _copy(self, raw: Raw, relation: Relation, source: list[Column], columns: list[Column], where: str,
              progress: Progress) -> dict[str, Any]:  # fmt: skip
        """COPY the rows straight into raw."""
        if where == NONE:
            return {"extracted": 0, "landed": 0, "deleted": 0, "bytes": 0}
        extra = f", '{raw.load_id}'::text, 'upsert'::text"
        names = [*(c.name for c in columns), "_dlt_load_id", "_op"]
        text = query(columns, source, relation.name, extra, where)
        rows, size = raw.receive(self.wire, text, names, lambda n: progress(0, n))
        return {"extracted": rows, "landed": rows, "deleted": 0, "bytes": size}

    def _sweep(self, table: Table, raw: Raw, relation: Relation, source: list[Column], columns: list[Column],
               where: str, progress: Progress) -> dict[str, Any]:  # fmt: skip
        """Append the new versions that differ from raw; some of them may have landed already."""
        raw.incoming()
        text = query(columns, source, relation.name, "", where)
        names = [c.name for c in columns]
        rows, size = pipe(self.wire, text, raw.wire, None, "incoming", names, lambda n: progress(0, n))
        upserts = raw.insert_changes(table.key, deletes=False)[0]
        return {"extracted": rows, "landed": upserts, "deleted": 0, "bytes": size}

    def _compare(self, table: Table, raw: Raw, relation: Relation, source: list[Column], columns: list[Column],
                 progress: Progress) -> dict[str, Any]:  # fmt: skip
        """Read the whole table and append the differences."""
        raw.require_compare()
        raw.incoming()
        text = query(columns, source, relation.name)
        names = [c.name for c in columns]
        rows, size = pipe(self.wire, text, raw.wire, None, "incoming", names, lambda n: progress(0, n))
        if not table.key:
            keyed_by_content(raw)
        elif not relation.unique:
            raw.check_keys("incoming", table.key)
        return compare(raw, table.key or ["_key"], columns, rows) | {"bytes": size}


def _require_for_lake(relation: Relation, keyless: bool) -> None:
    """Raise WeirError where the table lands by being compared whole, or its key may stand in two rows."""
    if not relation.versions or keyless or not relation.unique:
        lacks = "is compared whole" if not relation.versions else "has no key that PostgreSQL keeps unique"
        raise WeirError(
            f"land: lake is for tables with row versions and a unique key, and this one {lacks}: declare its primary "
            "key as `key`, or leave land: lake out", cause=Cause.KEY_UNFIT,
        )  # fmt: skip


def new_versions(state: State, high: int) -> str:
    """The condition for row versions that have not landed yet, by transactions below `high`."""
    return _since(int(state["xmin"]), high, state["xids"] or [])


def _since(low: int, high: int, less: list[int]) -> str:
    """The condition for row versions by transactions from `low` to below `high`, without those in `less`."""
    if high - low <= FEW:
        listed = ",".join(str(xid % _TURN) for xid in range(low, high) if xid % _TURN not in less)
        return f"xmin = any('{{{listed}}}'::xid[])" if listed else NONE
    landed = ",".join(str(int(xid)) for xid in less)
    return f"age(xmin) <= (select age('{low % _TURN}'::xid)) and not (xmin = any('{{{landed}}}'::xid[]))"


def _follows(state: State, low: int, high: int) -> bool:
    """Whether the snapshot is later than the state's, and near enough for transaction ages to be comparable."""
    return int(state["xmin"]) <= low and high - int(state["xmin"]) < 2**31
