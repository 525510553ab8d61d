"""MongoDB: whole documents as Extended JSON, compared whole by default, streamed in batches of raw BSON.

In: one find() per table. Out: one line of COPY per document, straight into raw the first time, else into a temporary
table of the warehouse, of which only the differences are appended. A large collection with a cursor lands a window
instead, one per type of the cursor's values, less the overlap; when the number of documents then says that some are
gone or were missed, and on `full`, all is compared. There is no snapshot: a document lands as it was when it was read.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from pymongo import MongoClient
from pymongo.errors import ConfigurationError
from pymongo.uri_parser import split_options

from ingest.connectors.base import META, Progress, State, compare
from ingest.connectors.mongodb import windows
from ingest.connectors.mongodb.documents import lines
from ingest.connectors.mongodb.faults import told
from ingest.connectors.read_ahead import ahead
from ingest.raw.columns import Column, listed
from ingest.raw.table import Raw
from weir.core.errors import WeirError
from weir.project.names import shortened
from weir.project.sources import Source, Table

WHOLE = 200_000  # documents up to which comparing all costs less than it is worth avoiding
WAIT, PAUSE = 15, 600  # seconds to find the server, and that it may be silent
BATCH = 10_000  # documents in an answer of the server, which keeps it below 16 MB too
PROMISE = "exact on compare"
# What pymongo itself decodes: a cursor's newest value, a look whether there is any; what it holds is no reason to stop.
_LENIENT: dict[str, Any] = {"datetime_conversion": "DATETIME_AUTO", "unicode_decode_error_handler": "replace"}


class Connector:
    """One MongoDB database."""

    def __init__(self, source: Source, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.source = source
        options = {"serverSelectionTimeoutMS": WAIT, "connectTimeoutMS": WAIT, "socketTimeoutMS": PAUSE}
        given: dict[str, Any] = {n: seconds * 1000 for n, seconds in options.items() if n.lower() not in url.lower()}
        with told(source):
            try:
                split_options(url.partition("?")[2] or "w=1")  # the driver itself passes over what it does not know
                self.client: Any = MongoClient(url, appname="weir", **given, **_LENIENT)
            except (ValueError, OSError) as fault:  # a certificate's file that is not there is one too
                raise ConfigurationError(str(fault)) from None
            try:
                self.database = self.client.get_default_database()
            except ConfigurationError:
                raise WeirError(
                    f"{source.connection} must name a database, as in mongodb://host:27017/database"
                ) from None

    def close(self) -> None:
        """Let the source go."""
        self.client.close()

    def again(self) -> None:
        """Nothing is left open between tables: the client serves the next one too."""

    def land(self, table: Table, raw: Raw, state: State, full: bool, progress: Progress) -> tuple[State, State]:
        """Land what changed, by comparing all of it or a window of the cursor."""
        with told(self.source):
            collection, token, view = self._collection(table)
            lows = windows.newest(collection, table.cursor) if table.cursor else {}
            if table.cursor and not collection.find_one({table.cursor: {"$exists": True}}) and collection.find_one({}):
                raise WeirError(f"cursor names {table.cursor!r}, which no document has: mend it")
        columns = self._prepare(table, raw)
        following: State = {"token": token} | ({"lows": lows} if table.cursor else {})
        if raw.empty and not view:
            facts = self._first(table, raw, collection, progress)
            return facts, following | {"rows": facts["source_rows"]}
        raw.incoming()
        tried = {"landed": 0, "deleted": 0, "extracted": 0, "bytes": 0}
        if table.cursor and not full and state.get("token") == token and state["rows"] > WHOLE:
            tried, rows = self._window(table, raw, collection, state["lows"], progress)
            if rows is not None:
                facts = tried | {"how": windows.how(table, state["lows"]), "source_rows": rows, "promise": PROMISE}
                return facts, following | {"rows": rows}
            raw.wire.execute("truncate incoming")
        read, size = self._read(table, raw, collection, {}, None, "incoming", progress)
        if view:
            raw.check_keys("incoming", ["_id"])
        facts = compare(raw, ["_id"], columns, read)
        for name in ("landed", "deleted", "extracted"):
            facts[name] += tried[name]
        return facts | {"bytes": size + tried["bytes"], "promise": PROMISE}, following | {"rows": read}

    def whole(self, table: Table, raw: Raw, state: State) -> tuple[list[str], str]:
        """Read all of the collection into `incoming`."""
        with told(self.source):
            collection, _, _ = self._collection(table)
        self._prepare(table, raw)
        raw.incoming(", _dlt_new boolean")
        self._read(table, raw, collection, {}, None, "incoming", lambda rows, size: None)
        return ["_id"], PROMISE

    def _collection(self, table: Table) -> tuple[Any, str, bool]:
        """The collection, what tells it from another of the same name, and whether it is a view. Raises WeirError."""
        name = table.origin or table.name
        if table.key not in ([], ["_id"]):
            raise WeirError(
                f"key is {', '.join(table.key)}, but the key of a collection is _id: mend it, or leave it out"
            )
        for path in table.exclude:
            if path in ("_id", table.cursor):
                raise WeirError(f"exclude names {path!r}, which is the key or the cursor: mend it")
        listed_there = self.database.list_collections(filter={"name": name})
        found = next((facts for facts in listed_there if facts["name"] == name), None)
        if found is None:
            have = ", ".join(sorted(self.database.list_collection_names())[:8]) or "none"
            raise WeirError(f"there is no collection {name} at the source: mend its name, or `from`; it has: {have}")
        identity = str(found.get("info", {}).get("uuid", ""))
        token = f"{self.database.name}.{name} {identity} {table.cursor} {sorted(table.exclude)}"
        return self.database[name], token, found.get("type") == "view"

    def _prepare(self, table: Table, raw: Raw) -> list[Column]:
        # A table that is also declared as files has their columns, so that one staging model reads either.
        return raw.prepare([*self._columns(table), *(META if table.path else [Column("_escaped", "boolean")])])

    def _columns(self, table: Table) -> list[Column]:
        cursor = shortened(table.cursor) if table.cursor else "_id"
        if cursor in {"document", "_escaped"}:
            raise WeirError(f"cursor names {cursor!r}, a name that raw keeps for itself: take another")
        return [Column("_id"), *([Column(cursor)] if cursor != "_id" else []), Column("document", "jsonb")]

    def _first(self, table: Table, raw: Raw, collection: Any, progress: Progress) -> State:
        """COPY all straight into raw; what is the same for every row is a default meanwhile."""
        raw.wire.execute(f"alter table {raw.relation} alter _dlt_load_id set default '{raw.load_id}', "
                         "alter _op set default 'upsert'")  # fmt: skip
        rows, size = self._read(table, raw, collection, {}, raw.schema, raw.name, progress)
        raw.wire.execute(f"alter table {raw.relation} alter _dlt_load_id drop default, alter _op drop default")
        return {"how": "first load", "extracted": rows, "landed": rows, "deleted": 0, "source_rows": rows,
                "bytes": size, "promise": PROMISE}  # fmt: skip

    def _window(self, table: Table, raw: Raw, collection: Any, lows: windows.Lows,
                progress: Progress) -> tuple[State, int | None]:  # fmt: skip
        """Land what may be newer; returns the facts, and the rows now in raw if the collection has as many."""
        with told(self.source):
            before = collection.count_documents({})
        read, size = self._read(table, raw, collection, windows.query(table, lows), None, "incoming", progress)
        upserts = raw.insert_changes(["_id"], deletes=False)[0]
        rows = raw.wire.value(f"select count(*) from ({raw.live(['_id'], listed(['_id']))}) l")
        with told(self.source):  # while others write, the number may be any between the two
            after = collection.count_documents({})
        agreed = min(before, after) <= rows <= max(before, after)
        return {"extracted": read, "landed": upserts, "deleted": 0, "bytes": size}, rows if agreed else None

    def _read(self, table: Table, raw: Raw, collection: Any, query: dict[str, Any], schema: str | None, target: str,
              progress: Progress) -> tuple[int, int]:  # fmt: skip
        """COPY the documents into the target; returns their number and bytes."""
        rows = size = 0

        def batches() -> Iterator[bytes]:
            left_out = dict.fromkeys(table.exclude, 0) or None
            with told(self.source), collection.find_raw_batches(query, left_out, batch_size=BATCH) as found:
                yield from found

        def counted() -> Iterator[bytes]:
            nonlocal rows, size
            for block in feed:
                rows, size = rows + block.count(b"\n"), size + len(block)
                progress(rows, size)
                yield block

        feed = ahead(lines(ahead(batches(), 1), table.cursor))
        try:
            names = [*(c.name for c in self._columns(table)), "_escaped"]
            landed = raw.wire.copy_in(schema, target, names, counted())
        finally:
            feed.close()  # type: ignore[attr-defined]
        if landed != rows:
            raise WeirError(f"the source sent {rows} documents, the warehouse counted {landed}: run again")
        return rows, size
