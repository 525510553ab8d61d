"""Windows of a collection: MongoDB compares within one type of BSON only, so a cursor has one window per type.

In: the collection and the cursor's path. Out: the newest value of each type, which the state keeps, and the query for
documents that may be newer. Types without a usable order, or whose newest value cannot start a range (NaN, text that is
not a date), are read in full each time.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import SON, Decimal128, ObjectId, Timestamp, json_util
from bson.datetime_ms import DatetimeMS

from ingest.connectors.cursors import OVERLAP, earlier, order
from weir.project.plan import Table, duration

Lows = dict[str, Any]  # type -> the newest value, as canonical Extended JSON
_MOMENTS = {"date", "timestamp", "objectId", "string"}


def newest(collection: Any, cursor: str) -> Lows:
    """The newest value of each type, except values far in the future: those must not move the window there."""
    latest = datetime.now(UTC) + timedelta(days=1)
    bounds: dict[str, dict[str, Any]] = {
        "date": {"$lte": latest},
        "timestamp": {"$lte": Timestamp(latest, 0)},
        "objectId": {"$lte": ObjectId.from_datetime(latest)},
        "string": {"$lte": f"{latest:%Y-%m-%d}~"},
        "number": {"$lt": math.inf},
    }
    found: Lows = {}
    for kind, bound in bounds.items():
        query = {cursor: {"$type": kind, "$not": {"$type": "array"}, **bound}}
        row = next(iter(collection.find(query, _only(cursor)).sort(cursor, -1).limit(1)), None)
        value = _at(row, cursor) if row is not None else None
        if value is not None and _sound(value):
            found[kind] = json_util.dumps(value, json_options=json_util.CANONICAL_JSON_OPTIONS)
    return found


def query(table: Table, lows: Lows) -> dict[str, Any]:
    """The query for documents not older than the newest of their type less the overlap, and for all other types."""
    if not lows:
        return {}
    cursor = str(table.cursor)
    since = [
        {cursor: {"$gte": _back(json_util.loads(text, json_options=_MILLIS), table.overlap)}} for text in lows.values()
    ]
    return {"$or": [*since, {cursor: {"$not": {"$type": list(lows)}}}, {cursor: {"$type": "array"}}]}


def how(table: Table, lows: Lows) -> str:
    """The window in a few words, with its overlap."""
    return f"cursor less {table.overlap or OVERLAP}" if _MOMENTS & lows.keys() else "cursor"


_MILLIS = json_util.JSONOptions(
    json_mode=json_util.JSONMode.CANONICAL,
    datetime_conversion=json_util.DatetimeConversion.DATETIME_MS,
)


def _sound(value: Any) -> bool:
    """Whether a window may begin at the value."""
    if isinstance(value, str):
        return order(value)[0] == 1
    if isinstance(value, float | Decimal128):
        return math.isfinite(value if isinstance(value, float) else value.to_decimal())
    return isinstance(value, datetime | DatetimeMS | Timestamp | ObjectId | int) and not isinstance(value, bool)


def _back(value: Any, overlap: str | None) -> Any:
    """The value less the overlap if it is a moment, else the value."""
    back = duration(overlap or OVERLAP)
    if isinstance(value, str):
        return earlier(value, overlap)
    if isinstance(value, DatetimeMS):
        return DatetimeMS(int(value) - int(back.total_seconds() * 1000))
    if isinstance(value, Timestamp):
        return Timestamp(max(value.time - int(back.total_seconds()), 0), 0)
    if isinstance(value, ObjectId):
        seconds = max(int(value.generation_time.timestamp() - back.total_seconds()), 0)
        return ObjectId(seconds.to_bytes(4, "big") + bytes(8))
    return value


def _only(cursor: str) -> SON[str, Any]:
    return SON({cursor: 1} if cursor == "_id" else {cursor: 1, "_id": 0})


def _at(row: Any, cursor: str) -> Any:
    for step in cursor.split("."):
        row = row.get(step) if isinstance(row, dict) else None
    return row
