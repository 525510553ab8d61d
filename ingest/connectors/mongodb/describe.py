"""Describes the collections of a MongoDB database: what their documents hold, and how many break a rule.

In: the address. Out: Tables with the union of their documents' paths, as Extended JSON lands them; samples; counts by
the server. Reads only, each query in bounded time.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import orjson
from bson import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.errors import ExecutionTimeout, OperationFailure

from ingest.connectors.mongodb.connector import Connector
from ingest.connectors.mongodb.documents import lines
from ingest.connectors.mongodb.faults import translated
from ingest.connectors.paths import Paths, common, text_at
from ingest.raw.copy_text import plain
from weir.core.errors import WeirError
from weir.project.plan import Source
from weir.project.scaffold.described import Column, Counted, Kind, Sample, Table, Test
from weir.project.scaffold.values.inference import infer

LOOKED_INTO = 5000  # documents by which a collection is described
MOST = 64_000_000  # bytes of documents that a sample reads
SECONDS = 20
_RAW: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
_CHANGED = re.compile(r"(?i)(last_?)?(updated?|modified|changed|edited|modification|mtime)(_?(at|on|date|time|ts))?")


class Describer:
    """One MongoDB database."""

    def __init__(self, connection: str, url: str) -> None:
        self.source = Source(name=connection.lower(), connection=connection)
        self.opened = Connector(self.source, url, None)  # type: ignore[arg-type]  # it needs no loop
        self.database = self.opened.database

    def close(self) -> None:
        """Close the connection to the source."""
        self.opened.close()

    def tables(self, schemas: Sequence[str]) -> list[Table]:
        """The collections and views; a database of MongoDB has no schemas. Raises WeirError."""
        if schemas:
            raise WeirError("MongoDB has no schemas: leave --schema out, and name the database in the address")
        with translated(self.source):
            found = sorted(self.database.list_collections(), key=lambda facts: str(facts["name"]))
            return [self._table(facts) for facts in found if not facts["name"].startswith("system.")]

    def _table(self, facts: Mapping[str, Any]) -> Table:
        view = facts.get("type") == "view"
        table = Table(facts["name"], kind="view" if view else "collection", primary_key=("_id",))
        collection = self.database[table.name]
        if not view:
            table.rows = collection.estimated_document_count(maxTimeMS=SECONDS * 1000)
        keys, documents = self._documents(table.name, LOOKED_INTO)
        paths = Paths()
        for document in documents:
            paths.add({name: value for name, value in document.items() if name != "_id"})
        taken, rare = common(paths.columns())
        table.notes += rare
        table.columns = [_key_column(keys, documents), *taken]
        if documents and not all("_id" in document for document in documents):
            table.left_out = "a view whose documents have no _id"
        if not view:
            self._indexed(table, taken)
        return table

    def _indexed(self, table: Table, columns: list[Column]) -> None:
        """The cursor that suits, and what unique indexes say."""
        by_path = {".".join(_bare(column)): column for column in columns if _can_be_asked(column)}
        leading = set()
        for name, facts in self.database[table.name].index_information().items():
            fields = [field for field, _ in facts["key"]]
            leading.add(fields[0])
            plain_index = not facts.get("partialFilterExpression")
            if facts.get("unique") and name != "_id_" and plain_index and all(field in by_path for field in fields):
                table.unique.append(tuple(by_path[field].name for field in fields))
        whole = [path for path, column in by_path.items() if column.kind == "timestamptz" and column.share == 1]
        dated = [path for path in whole if _CHANGED.fullmatch(path.rpartition(".")[2])]
        for path in dated:
            if path in leading:
                table.meta["cursor"] = path
                return
        if dated:
            table.notes.append(f"{dated[0]} would be a cursor, if it had an index")

    def sample(self, table: Table, rows: int) -> Sample:
        """Documents by chance, where the server can draw them; fields by the names of their columns."""
        with translated(self.source):
            keys, documents = self._documents(table.name, rows)
        values: dict[str, list[str | None]] = {
            column.name: [text_at(document, column.path) for document in documents] if column.path else list(keys)
            for column in table.columns
        }
        return Sample(values, len(documents), table.rows is not None and len(documents) >= table.rows)

    def count(self, table: Table, tests: Sequence[Test], seconds: float) -> Counted:
        """Count by the server; None for what time ran out for, or makes no sense for documents."""
        deadline = time.monotonic() + seconds
        collection, columns = self.database[table.name], {column.name: column for column in table.columns}
        with translated(self.source):
            rows = _within(deadline, lambda most: collection.count_documents({}, maxTimeMS=most))
            broken = [self._broken(collection, test, [columns.get(name) for name in test.columns], deadline)
                      for test in tests]  # fmt: skip
        return Counted(rows, tuple(broken))

    def _broken(self, collection: Any, test: Test, columns: list[Column | None], deadline: float) -> int | None:
        asked = [".".join(_bare(column)) for column in columns if column and _can_be_asked(column)]
        if not asked or len(asked) < len(columns):
            return None
        if test.what == "repeated":
            if asked == ["_id"]:
                return 0
            key = {f"k{n}": f"${path}" for n, path in enumerate(asked)}
            steps = [
                {"$match": {path: {"$ne": None} for path in asked}},
                {"$group": {"_id": key, "n": {"$sum": 1}}},
                {"$group": {"_id": None, "rows": {"$sum": "$n"}, "keys": {"$sum": 1}}},
            ]
            found = _within(deadline, lambda most: list(collection.aggregate(steps, maxTimeMS=most, allowDiskUse=True)))
            return None if found is None else sum(each["rows"] - each["keys"] for each in found)
        query = _query(test, asked, [column for column in columns if column])
        if query is None:
            return None
        count: int | None = _within(deadline, lambda most: collection.count_documents(query, maxTimeMS=most))
        return count

    def _documents(self, name: str, rows: int) -> tuple[list[str], list[dict[str, Any]]]:
        """Keys and documents as they land."""
        keys, documents = [], []
        for block in lines(self._batches(name, rows), None):
            for line in block.decode().split("\n")[:-1]:
                key, text, _ = line.split("\t")
                keys.append(plain(key) or "")
                documents.append(orjson.loads(plain(text) or ""))
        return keys, documents

    def _batches(self, name: str, rows: int) -> Iterator[bytes]:
        collection, size = self.database.get_collection(name, codec_options=_RAW), 0
        options: dict[str, Any] = {"maxTimeMS": SECONDS * 1000, "batchSize": 1000}
        found: Any
        try:
            found = collection.aggregate([{"$sample": {"size": rows}}], allowDiskUse=True, **options)
        except OperationFailure:  # a server that can't draw, or not in time: the first ones
            found = collection.find({}, batch_size=1000, limit=rows, max_time_ms=SECONDS * 1000)
        with found:
            while size < MOST and (batch := b"".join(each.raw for each in islice(found, 100))):
                size += len(batch)
                yield batch


def _key_column(keys: list[str], documents: list[dict[str, Any]]) -> Column:
    """The column `_id`, which lands as text of its own."""
    held = [document.get("_id") for document in documents]
    kinds = {next(iter(key), "object") if isinstance(key, dict) else type(key).__name__ for key in held}
    kind: Kind = infer("_id", keys).kind if kinds in ({"int"}, {"str"}) else "text"
    if kinds == {"str"} and kind != "uuid":
        kind = "text"
    note = f"its values are of {len(kinds)} types" if len(kinds) > 1 else ""
    return Column("_id", kind, landed="text", declared=kind, nullable=False, note=note)


def _bare(column: Column) -> tuple[str, ...]:
    """The path at the source, without the words of Extended JSON."""
    if not column.path:
        return (column.name,)
    return column.path[:-1] if column.path[-1].startswith("$") and len(column.path) > 1 else column.path


def _can_be_asked(column: Column) -> bool:
    return not any("." in part or part.startswith("$") or not part for part in _bare(column))


def _query(test: Test, paths: list[str], columns: list[Column]) -> dict[str, Any] | None:
    path = paths[0]
    if test.what == "missing":
        return {path: None}
    if test.what == "negative":
        return {path: {"$lt": 0}}
    if test.what in ("before", "after"):
        sign = "$lt" if test.what == "before" else "$gt"
        is_date = bool(columns[0].path) and columns[0].path[-1] == "$date"
        if not is_date and test.format:
            return None
        moment = datetime.fromisoformat(test.value)
        return {path: {sign: moment.replace(tzinfo=moment.tzinfo or UTC) if is_date else test.value}}
    if test.what == "reversed" and not test.format:
        return {"$and": [{paths[0]: {"$ne": None}}, {paths[1]: {"$ne": None}},
                         {"$expr": {"$gt": [f"${paths[0]}", f"${paths[1]}"]}}]}  # fmt: skip
    return None


def _within(deadline: float, ask: Any) -> Any:
    """What the server answers before the deadline; None where it does not."""
    left = int((deadline - time.monotonic()) * 1000)
    if left <= 0:
        return None
    try:
        return ask(left)
    except ExecutionTimeout:
        return None
