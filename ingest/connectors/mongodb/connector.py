"""MongoDB: lands whole documents as Extended JSON, by default by comparing the collection whole.

In: one find() per table, in batches of raw BSON. Out: one line of COPY per document. A first load goes straight into
raw; later the documents go into a temporary table of the warehouse, and only differences are appended. A large
collection with a cursor lands a window instead, one for each type of the cursor's values, less the overlap. When the
number of documents then shows that some are gone or were missed, and on `full`, the collection is compared whole. There
is no snapshot: a document lands as it was when it was read.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from pymongo import MongoClient
from pymongo.errors import ConfigurationError
from pymongo.uri_parser import split_options

from ingest.connectors.base import META, Found, Progress, State, compare
from ingest.connectors.counted import copy_counted
from ingest.connectors.fields import Fields, is_pattern
from ingest.connectors.mongodb import windows
from ingest.connectors.mongodb.documents import lines
from ingest.connectors.mongodb.faults import translated
from ingest.connectors.read_ahead import ahead
from ingest.raw.columns import Column
from ingest.raw.table import Raw
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.project.names import shortened
from weir.project.plan import Source, Table

SMALL = 200_000  # up to so many documents a collection is always compared whole, for that costs little
WAIT, PAUSE = 15, 600  # seconds to find the server, and seconds that it may be silent
BATCH = 10_000  # documents per answer; the server also keeps an answer below 16 MB
PROMISE = "exact on compare"
# For the few values that pymongo decodes (the newest of a cursor): a value that Python can't hold must not stop a
# landing.
_LENIENT: dict[str, Any] = {"datetime_conversion": "DATETIME_AUTO", "unicode_decode_error_handler": "replace"}


class Connector:
    """One MongoDB database."""

    lands_in_lake = True

    def __init__(self, source: Source, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.source = source
        options = {"serverSelectionTimeoutMS": WAIT, "connectTimeoutMS": WAIT, "socketTimeoutMS": PAUSE}
        given: dict[str, Any] = {n: seconds * 1000 for n, seconds in options.items() if n.lower() not in url.lower()}
        with translated(source):
            try:
                split_options(url.partition("?")[2] or "w=1")  # the driver itself ignores options that it does not know
                self.client: Any = MongoClient(url, appname="weir", **given, **_LENIENT)
            except (ValueError, OSError) as fault:  # a missing certificate file raises one too
                raise ConfigurationError(str(fault)) from None
            try:
                self.database = self.client.get_default_database()
            except ConfigurationError:
                raise WeirError(
                    f"{source.connection} must name a database, as in mongodb://host:27017/database"
                ) from None

    def close(self) -> None:
        """Close the connection to the source."""
        self.client.close()

    def again(self) -> None:
        """Do nothing: no transaction is open, and the client serves the next table too."""

    def catalog(self) -> list[Found]:
        """The collections of the database, views left out."""
        with translated(self.source):
            found = self.database.list_collections()
            return sorted(
                (Found("", each["name"], ["_id"]) for each in found
                 if each.get("type", "collection") == "collection" and not each["name"].startswith("system.")),
                key=lambda each: each.name,
            )  # fmt: skip

    def land(self, table: Table, raw: Raw, state: State, full: bool, progress: Progress) -> tuple[State, State]:
        """Land changed documents, by comparing the whole collection or a window of the cursor."""
        with translated(self.source):
            collection, token, view = self._collection(table)
            lows = windows.newest(collection, table.cursor) if table.cursor else {}
            if table.cursor and not collection.find_one({table.cursor: {"$exists": True}}) and collection.find_one({}):
                raise WeirError(
                    f"cursor names {table.cursor!r}, which no document has: mend it", cause=Cause.COLUMN_LOST
                )
        columns = self._prepare(table, raw)
        following: State = {"token": token} | ({"lows": lows} if table.cursor else {})
        if raw.in_lake and (view or not table.cursor):
            raise WeirError(
                "land: lake is for collections with a cursor, which land by windows: declare `cursor`, or leave "
                "land: lake out", cause=Cause.PROJECT_UNREADABLE,
            )  # fmt: skip
        if raw.empty and not view:
            facts = self._first(table, raw, collection, progress)
            return facts, following | {"rows": facts["source_rows"]}
        raw.incoming()
        tried = {"landed": 0, "deleted": 0, "extracted": 0, "bytes": 0}
        same = state.get("token") == token
        if table.cursor and same and (raw.in_lake or (not full and state["rows"] > SMALL)):
            tried, rows = self._window(table, raw, collection, state, progress)
            if rows is not None:
                promise = "as received" if raw.in_lake else PROMISE  # no compare finds what the cursor does not tell
                facts = tried | {"how": windows.how(table, state["lows"]), "source_rows": rows, "promise": promise}
                return facts, following | {"rows": rows}
            raw.wire.execute("truncate incoming")
        raw.require_compare()
        read, size = self._read(table, raw, collection, {}, "incoming", progress)
        if view:
            raw.check_keys("incoming", ["_id"])
        facts = compare(raw, ["_id"], columns, read)
        for name in ("landed", "deleted", "extracted"):
            facts[name] += tried[name]
        return facts | {"bytes": size + tried["bytes"], "promise": PROMISE}, following | {"rows": read}

    def read_all(self, table: Table, raw: Raw, state: State) -> tuple[list[str], str]:
        """Read the whole collection into `incoming`."""
        with translated(self.source):
            collection, _, view = self._collection(table)
        self._prepare(table, raw)
        raw.incoming(", _dlt_new boolean")
        raw.unique = not view
        self._read(table, raw, collection, {}, "incoming", lambda rows, size: None)
        return ["_id"], PROMISE

    def _collection(self, table: Table) -> tuple[Any, str, bool]:
        """The collection, the token that tells it from a later one of its name, and whether it is a view.

        Raises WeirError.
        """
        name = table.origin or table.name
        if table.key not in ([], ["_id"]):
            raise WeirError(
                f"key is {', '.join(table.key)}, but the key of a collection is _id: mend it, or leave it out",
                cause=Cause.KEY_UNFIT,
            )
        Fields(table.model_copy(update={"key": ["_id"]}), table.cursor)
        listed_there = self.database.list_collections(filter={"name": name})
        found = next((facts for facts in listed_there if facts["name"] == name), None)
        if found is None:
            have = ", ".join(sorted(self.database.list_collection_names())[:8]) or "none"
            told = f"there is no collection {name} at the source: mend its name, or `from`; it has: {have}"
            raise WeirError(told, cause=Cause.TABLE_GONE)
        identity = str(found.get("info", {}).get("uuid", ""))
        token = f"{self.database.name}.{name} {identity} {table.cursor} {sorted(table.read_as)}"
        return self.database[name], token, found.get("type") == "view"

    def _prepare(self, table: Table, raw: Raw) -> list[Column]:
        # A table with a `path` has the columns of files too, so that one staging model reads either source.
        return raw.prepare([*self._columns(table), *(META if table.path else [Column("_escaped", "boolean")])])

    def _columns(self, table: Table) -> list[Column]:
        cursor = shortened(table.cursor) if table.cursor else "_id"
        if cursor in {"document", "_escaped"}:
            raise WeirError(f"cursor names {cursor!r}, a name that raw keeps for itself: take another")
        return [Column("_id"), *([Column(cursor)] if cursor != "_id" else []), Column("document", "jsonb")]

    def _first(self, table: Table, raw: Raw, collection: Any, progress: Progress) -> State:
        """COPY the whole collection straight into raw."""
        with raw.constants():
            rows, size = self._read(table, raw, collection, {}, "", progress)
        return {"how": "first load", "extracted": rows, "landed": rows, "deleted": 0, "source_rows": rows,
                "bytes": size, "promise": PROMISE, "compared": False, "is_whole": True}  # fmt: skip

    def _window(self, table: Table, raw: Raw, collection: Any, state: State,
                progress: Progress) -> tuple[State, int | None]:  # fmt: skip
        """Land the window; returns the facts, and the number of live rows in raw if the collection has as many."""
        with translated(self.source):
            before = collection.count_documents({})
        read, size = self._read(table, raw, collection, windows.query(table, state["lows"]), "incoming", progress)
        upserts = raw.insert_changes(["_id"], deletes=False)[0]
        rows = raw.live_after(["_id"], state["rows"], lambda: before)
        with translated(self.source):  # while others write, the right number lies between the two counts
            after = collection.count_documents({})
        agreed = min(before, after) <= rows <= max(before, after)
        facts = {"extracted": read, "landed": upserts, "deleted": 0, "bytes": size}
        if raw.in_lake and not agreed:  # some are gone, or were missed
            return self._mark_gone(raw, collection, facts, rows)
        return facts, rows if agreed else None

    def _mark_gone(self, raw: Raw, collection: Any, facts: State, live: int) -> tuple[State, int]:
        """Append tombstones for the documents that are gone. Raises WeirError where documents were missed."""
        raw.wire.execute("create temporary table keys (_id text, document jsonb, _escaped boolean) on commit drop")
        with translated(self.source), collection.find_raw_batches({}, {"_id": 1}, batch_size=BATCH) as found:
            count = raw.wire.copy_in(None, "keys", ["_id", "document", "_escaped"], lines(found, None))
        deleted = raw.insert_gone(["_id"], "keys")
        if live - deleted < count:
            raise WeirError(
                f"{count - live + deleted} documents are at the source that no window of {raw.table} has brought, for "
                "their cursor is older than the window: raise `overlap`, or declare the collection under another name, "
                "and it lands anew", cause=Cause.LANDING_FAILED,
            )  # fmt: skip
        return facts | {"landed": facts["landed"] + deleted, "deleted": deleted}, live - deleted

    def _read(self, table: Table, raw: Raw, collection: Any, query: dict[str, Any], target: str,
              progress: Progress) -> tuple[int, int]:  # fmt: skip
        """COPY the documents into the temporary table `target`, or into raw; returns their number and bytes."""

        def batches() -> Iterator[bytes]:
            with translated(self.source), collection.find_raw_batches(query, projection, batch_size=BATCH) as found:
                yield from found

        projection, fields = _chosen(table)
        names = [*(c.name for c in self._columns(table)), "_escaped"]
        blocks = lines(ahead(batches(), 1), table.cursor, fields)
        return copy_counted(raw, target, names, blocks, progress, "documents")


def _chosen(table: Table) -> tuple[dict[str, int] | None, Fields]:
    """What the source leaves out by itself, and what is left out here: the source knows no patterns.

    The source takes either paths to read, or paths to leave out.
    """
    keyed = table.model_copy(update={"key": ["_id"]})
    fields = Fields(keyed, table.cursor)
    if fields.wanted is not None:
        within = [path for path in fields.wanted if not any(path.startswith(f"{each}.") for each in fields.wanted)]
        return dict.fromkeys(within, 1), fields
    exact = [name for name in table.exclude if not is_pattern(name)]
    return dict.fromkeys(exact, 0) or None, Fields(keyed, table.cursor, [n for n in table.exclude if is_pattern(n)])
