"""PostgreSQL: tables by row version, exact with plain SELECT; what has no versions to follow is compared whole.

That is views, foreign tables, tables without a key, and those of which row policies show the account a part.

In: one repeatable-read, read-only transaction per table. Out: binary COPY from the source into raw, joined by a small
queue. What is new are the versions whose transaction is at or above the last snapshot's xmin, less those landed
already; what is gone shows when the source's count differs from the live rows in raw (the balance), and then the
keys are compared. A changed token (another server, a restart, another schema) calls for a compare by content. A huge
table that only grows may land windows of its cursor between (pg_ahead).
"""

import asyncio
from typing import Any

from ingest.connectors import Progress, State, compare, keyed_by_content, pg_ahead
from ingest.connectors.pg_catalog import Relation, describe, find, query
from ingest.plan import Source, Table
from ingest.raw import Column, Raw, listed
from ingest.wire import Wire, pipe
from weir.settings import WeirError

LOCK_TIMEOUT = "10s"
_TURN = 2**32
# How many transactions back the oldest open one may lie for those landed since to be kept by number; beyond (a session
# that wrote and idles for hours), what they brought is read again each time, and only what differs lands.
SPAN = 100_000


class Connector:
    """One PostgreSQL source."""

    def __init__(self, source: Source, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.wire = Wire(url, "weir land", loop)

    def close(self) -> None:
        """Let the source go."""
        self.wire.close()

    def again(self) -> None:
        """Be ready for another table."""
        self.wire.execute("rollback")

    def _open(self, table: Table) -> Relation:
        """Begin the snapshot, the table locked against rewrites first: a TRUNCATE under way would look empty."""
        for _ in range(3):
            oid, kind, name = find(self.wire, table)
            self.wire.execute("begin isolation level repeatable read read only")
            self.wire.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
            if kind in "rpv":
                self.wire.execute(f"lock table {name} in access share mode")
            if self.wire.value("select to_regclass($1)::oid::int8", name) == oid:
                return describe(self.wire, oid, kind, name, table)
            self.wire.execute("rollback")  # another table has taken its name while we waited for the lock
        raise WeirError(f"{name} was replaced by another table again and again: run again when that has ended")

    def land(self, table: Table, raw: Raw, state: State, full: bool, progress: Progress) -> tuple[State, State]:
        """Land what is new, or all, or the differences; see the module."""
        ahead = pg_ahead.look(self.wire) if table.append_only else None  # before the snapshot
        relation = self._open(table)
        keyless = not table.key
        source = [*relation.columns, Column("_key", "text", "null::text")] if keyless else relation.columns
        if ahead:
            pg_ahead.check(table, source)
        columns = raw.prepare(source)
        if not relation.versions or keyless:
            facts = self._compare(table, raw, relation, source, columns, progress)
            return facts | {"promise": "exact"}, {"rows": facts["source_rows"], "token": relation.token}
        snapshot: str = self.wire.value("select txid_current_snapshot()::text")
        low = int(snapshot.split(":")[0])
        known = state.get("token") == relation.token and "xmin" in state and _follows(state, snapshot)
        promise = {"promise": "exact on compare" if ahead else "exact"}
        if ahead and known and not full and not raw.empty and (window := pg_ahead.window(table, state, ahead)):
            where = f"{window[0]} and {new_versions(state)}"  # what the last sweep saw has landed
            facts = self._copy(raw, relation, source, columns, where, progress) | {"how": "cursor"}
            return facts | promise, state | {"low": window[1]}
        rows, newest = self._versions(relation, snapshot)
        following = {"xmin": low, "xids": newest, "token": relation.token}
        following |= pg_ahead.following(ahead) if ahead else {}
        if raw.empty:
            facts = self._first(raw, relation, source, columns, progress)
            if not relation.unique:
                raw.check_keys(raw.relation, table.key)
            live = facts["landed"]
        elif full or not known:
            facts = self._compare(table, raw, relation, source, columns, progress)
            live = rows
        else:
            where = new_versions(state)
            if ahead or state["xids"] is None:
                facts = self._sweep(table, raw, relation, source, columns, where, progress)
                live = raw.wire.value(f"select count(*) from ({raw.live(table.key, listed(table.key))}) l")
            else:
                facts = self._copy(raw, relation, source, columns, where, progress) | {"how": "row versions"}
                live = state["rows"] + self._added(raw, table.key, facts["landed"])
            # Where the source does not promise that the key is one, a row twice and a row gone would balance.
            if live != rows or (facts["landed"] and not relation.unique):
                deleted = self._gone(raw, relation, table, source)
                facts["deleted"], facts["landed"] = deleted, facts["landed"] + deleted
                if live - deleted != rows:
                    raise WeirError(
                        f"the source counts {rows} rows, raw {live - deleted} after landing: "
                        "land it with --full, and tell us"
                    )
        return facts | {"source_rows": rows} | promise, following | {"rows": rows}

    def whole(self, table: Table, raw: Raw, state: State) -> tuple[list[str], str]:
        """Read all of the table into `incoming`, with `_new` true for rows changed since the state was landed."""
        relation = self._open(table)
        keyless = not table.key
        source = [*relation.columns, Column("_key", "text", "null::text")] if keyless else relation.columns
        columns = raw.prepare(source)
        same = relation.versions and state.get("token") == relation.token and "xmin" in state
        new = f"({new_versions(state)})" if same else "false"
        raw.incoming(", _new boolean")
        names = [*(c.name for c in columns), "_new"]
        pipe(self.wire, query(columns, source, relation.name, f", {new}"), raw.wire, None, "incoming", names)
        if keyless:
            keyed_by_content(raw)
        return table.key or ["_key"], "exact"

    def _versions(self, relation: Relation, snapshot: str) -> tuple[int, list[int] | None]:
        """How many rows the snapshot sees, and which transactions from its xmin on wrote them; None for too many."""
        low, high = (int(part) for part in snapshot.split(":")[:2])
        if high - low > SPAN:
            return self.wire.value(f"select count(*) from {relation.name}"), None
        found = self.wire.row(
            "select count(*), array_agg(distinct xmin::text) filter (where age(xmin) <= age($1::text::xid)) "
            f"from {relation.name}", str(low % _TURN)
        )  # fmt: skip
        return found[0], sorted(int(xid) for xid in found[1] or [])

    def _first(self, raw: Raw, relation: Relation, source: list[Column], columns: list[Column],
               progress: Progress) -> dict[str, Any]:  # fmt: skip
        """COPY all straight into raw."""
        names = [c.name for c in columns]
        text = query(columns, source, relation.name)
        with raw.constants():
            rows, size = pipe(self.wire, text, raw.wire, raw.schema, raw.name, names, lambda n: progress(0, n),
                              freeze=raw.made)  # fmt: skip
        return {"extracted": rows, "landed": rows, "deleted": 0, "bytes": size, "how": "first load"}

    def _copy(self, raw: Raw, relation: Relation, source: list[Column], columns: list[Column], where: str,
              progress: Progress) -> dict[str, Any]:  # fmt: skip
        """COPY the rows straight into raw."""
        extra = f", '{raw.load_id}'::text, 'upsert'::text"
        names = [*(c.name for c in columns), "_dlt_load_id", "_op"]
        text = query(columns, source, relation.name, extra, where)
        rows, size = pipe(self.wire, text, raw.wire, raw.schema, raw.name, names, lambda n: progress(0, n))
        return {"extracted": rows, "landed": rows, "deleted": 0, "bytes": size}

    def _sweep(self, table: Table, raw: Raw, relation: Relation, source: list[Column], columns: list[Column],
               where: str, progress: Progress) -> dict[str, Any]:  # fmt: skip
        """Append what differs in the new versions, some of which may have landed."""
        raw.incoming()
        text = query(columns, source, relation.name, "", where)
        names = [c.name for c in columns]
        rows, size = pipe(self.wire, text, raw.wire, None, "incoming", names, lambda n: progress(0, n))
        upserts = raw.insert_changes(table.key, deletes=False)[0]
        return {"extracted": rows, "landed": upserts, "deleted": 0, "bytes": size, "how": "row versions"}

    def _compare(self, table: Table, raw: Raw, relation: Relation, source: list[Column], columns: list[Column],
                 progress: Progress) -> dict[str, Any]:  # fmt: skip
        """Read all of the table and append the differences."""
        raw.incoming()
        text = query(columns, source, relation.name)
        names = [c.name for c in columns]
        rows, size = pipe(self.wire, text, raw.wire, None, "incoming", names, lambda n: progress(0, n))
        if not table.key:
            keyed_by_content(raw)
        elif not relation.unique:
            raw.check_keys("incoming", table.key)
        return compare(raw, table.key or ["_key"], columns, rows) | {"bytes": size}

    def _added(self, raw: Raw, key: list[str], landed: int) -> int:
        """How many of the keys just landed were not live before."""
        if not landed:
            return 0
        names = listed(key)
        mine = f"select distinct {names} from {raw.relation} where _dlt_load_id = $1"
        before = (f"select distinct on ({names}) _op from {raw.relation} join mine using ({names}) "
                  f"where _dlt_load_id <> $1 order by {names}, _seq desc")  # fmt: skip
        live = f"select count(*) from ({before}) b where _op = 'upsert'"
        counted = f"with mine as materialized ({mine}) select (select count(*) from mine) - ({live})"
        return int(raw.wire.value(counted, raw.load_id))

    def _gone(self, raw: Raw, relation: Relation, table: Table, source: list[Column]) -> int:
        """Append a tombstone for every live key that the source no longer has; returns how many."""
        keys = [column for column in raw.columns if column.name in table.key]
        body = ", ".join(f"{listed([c.name])} {c.type}" for c in keys)
        raw.wire.execute(f"create temporary table keys ({body}) on commit drop")
        pipe(self.wire, query(keys, source, relation.name), raw.wire, None, "keys", [c.name for c in keys])
        if not relation.unique:
            raw.check_keys("keys", table.key)
        return raw.insert_gone(table.key, "keys")


def new_versions(state: State) -> str:
    """The condition that finds the row versions not landed yet."""
    low = int(state["xmin"]) % _TURN
    landed = ",".join(str(int(xid)) for xid in state["xids"] or [])
    return f"age(xmin) <= age('{low}'::xid) and not (xmin = any('{{{landed}}}'::xid[]))"


def _follows(state: State, snapshot: str) -> bool:
    """Whether the snapshot lies after the state's, and near enough for ages to be told apart."""
    low, high = (int(part) for part in snapshot.split(":")[:2])
    return int(state["xmin"]) <= low and high - int(state["xmin"]) < 2**31
