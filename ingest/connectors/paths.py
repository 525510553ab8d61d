"""The union of the paths of documents: which fields they hold, how many of them, and as what.

In: documents one by one, as parsed JSON (of MongoDB as Extended JSON). Out: a Column for each path. An array, and an
object whose names differ from document to document, is one column. `declared` is set where a column is what its kind
says; it is empty for text, whose values may be dates or numbers.
"""

import json
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

from weir.project.scaffold.described import Column, Kind

_EXTENDED: dict[str, Kind] = {
    "$oid": "text", "$date": "timestamptz", "$numberDecimal": "numeric", "$numberLong": "integer",
    "$numberInt": "integer", "$numberDouble": "double", "$uuid": "uuid", "$symbol": "text",
}  # fmt: skip
_OPAQUE = {"$binary", "$timestamp", "$regularExpression", "$code", "$minKey", "$maxKey", "$undefined", "$dbPointer",
           "$ref"}  # fmt: skip
_SAID = {"json": "object", "$oid": "ObjectId", "$date": "date", "$numberDecimal": "decimal", "$numberLong": "long",
         "$numberInt": "integer", "$numberDouble": "double", "$uuid": "uuid", "$symbol": "symbol"}  # fmt: skip
MOST, LISTED = 500, 40  # columns of a table, and rare ones that are named
COMMON = 0.95  # the share of documents from which on a field is a column
WIDE = 60  # an object of more names, most of them in few documents, has data for names
Path = tuple[str, ...]


class Paths:
    """What documents hold, path by path."""

    def __init__(self) -> None:
        self.documents = 0
        self.kinds: dict[Path, Counter[str]] = {}  # beside Kinds: null, object, and words of Extended JSON
        self.empty: Counter[Path] = Counter()  # texts without a letter
        self.closed: set[Path] = set()  # objects that are taken whole

    def add(self, document: dict[str, Any]) -> None:
        """Take one document."""
        self.documents += 1
        self._walk((), document)

    def _walk(self, at: Path, value: dict[str, Any]) -> None:
        for name, held in value.items():
            path = (*at, name)
            if isinstance(held, dict):
                special = next(iter(held), "") if len(held) <= 2 else ""
                if special in _EXTENDED:
                    self._note((*path, special), _EXTENDED[special], held[special])
                    continue
                if special not in _OPAQUE and len(path) < 8:
                    self._note(path, "object", None)
                    self._walk(path, held)
                    continue
            self._note(path, _kind(held), held)

    def _note(self, path: Path, kind: str, value: Any) -> None:
        seen = self.kinds.get(path)
        if seen is None:
            if len(self.kinds) > MOST * 20:
                return
            seen = self.kinds[path] = Counter()
        seen["null" if value is None and kind != "object" else kind] += 1
        self.empty[path] += value == ""

    def columns(self) -> list[Column]:
        """A Column for each path that holds values, in the order in which they were met."""
        whole, parents = self._whole(), {path[:-1] for path in self.kinds}
        found, taken = [], set[str]()
        for path, kinds in self.kinds.items():
            if any(path[:size] in whole for size in range(1, len(path))):
                continue
            objects = kinds["object"]
            plain = {kind: count for kind, count in kinds.items() if kind != "object"}
            special = [each for each in ((*path, word) for word in _EXTENDED) if each in self.kinds]
            if special and (len(special) > 1 or set(plain) - {"null"}):
                for each in special:
                    plain[each[-1]] = sum(self.kinds[each].values())
            elif special or (not plain and path not in whole and path in parents):
                continue
            if path[-1] in _EXTENDED and len(path) > 1:
                beside = self.kinds.get(path[:-1], Counter())
                others = [word for word in _EXTENDED if (*path[:-1], word) in self.kinds]
                if len(others) > 1 or set(beside) - {"null", "object"}:
                    continue  # told by its parent, which holds values of several types
                plain["null"] = plain.get("null", 0) + beside["null"]
                plain = {kind: count for kind, count in plain.items() if count}
            name = _name(path, taken)
            taken.add(name)
            found.append(self._column(name, path, plain, objects, path in whole))
        return found[:MOST]

    def _column(self, name: str, path: Path, plain: dict[str, int], objects: int, whole: bool) -> Column:
        """The column of a path; `plain` are its values by kind, `objects` the objects that it holds."""
        share = (sum(plain.values()) + objects) / max(self.documents, 1)
        nullable = share < 1 or "null" in plain
        values = {kind: count for kind, count in plain.items() if kind != "null"}
        kind: Kind
        if whole:
            kind, note = "json", "an object whose names differ from document to document"
        elif objects and values:
            values["json"] = objects
            kind, note = "json", self._mixed(values)
        elif objects and not plain:
            kind, note = "json", "an object without names"
        elif not values:
            kind, note = "text", "null in every document"
        elif len(values) == 1:
            kind = _EXTENDED.get(next(iter(values)), cast(Kind, next(iter(values))))
            note = "an array: rows of a model of its own" if kind == "array" else ""
        elif set(values) <= {"integer", "numeric"}:
            kind, note = "numeric", ""
        else:
            kind, note = ("json" if {"json", "array"} & set(values) else "text"), self._mixed(values)
        if kind == "text" and not note and path[-1] not in _EXTENDED and values:
            told = "" if self.empty[path] == 0 else "text"  # an empty text is no value of another type
        else:
            told = kind
        return Column(name, kind, "jsonb", told, nullable, path=path, share=share, note=note)

    def _mixed(self, values: dict[str, int]) -> str:
        total = f"{self.documents:,} documents"
        parts = sorted(values.items(), key=lambda each: -each[1])
        said = [f"{_SAID.get(kind, kind)} in {count:,}" for kind, count in parts]
        return f"{', '.join(said)} of {total}"

    def _whole(self) -> set[Path]:
        """The objects that have data for names."""
        children: dict[Path, list[Path]] = {}
        for path in self.kinds:
            if len(path) > 1:
                children.setdefault(path[:-1], []).append(path)
        return {
            path for path, held in children.items()
            if len(held) > WIDE and path in self.kinds
            and sum(sum(self.kinds[each].values()) for each in held) < len(held) * sum(self.kinds[path].values()) * 0.3
        }  # fmt: skip


def text_at(document: Any, path: Path) -> str | None:
    """The value at the path, as staging's `json_text` gives it."""
    value = document
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else str(value)


def columns_of(documents: Iterable[dict[str, Any]]) -> list[Column]:
    """The columns of all these documents."""
    paths = Paths()
    for document in documents:
        paths.add(document)
    return paths.columns()


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float | Decimal):
        return "numeric"
    if isinstance(value, list):
        return "array"
    return "json" if isinstance(value, dict) else "text"


def _name(path: Path, taken: set[str]) -> str:
    """The path with dots, as `key`, `cursor` and `exclude` name it; without the words of Extended JSON."""
    name = ".".join(part for part in path if part not in _EXTENDED) or ".".join(path)
    return name if name not in taken else f"{name}_{sum(1 for each in taken if each.startswith(name)) + 1}"


def common(columns: Iterable[Column]) -> tuple[list[Column], list[str]]:
    """The columns that nearly all documents hold, and a line that lists the others with their share."""
    columns = list(columns)
    kept = [column for column in columns if column.share >= COMMON]
    rare = sorted((column for column in columns if column.share < COMMON), key=lambda each: -each.share)
    said = [f"{column.name} ({column.share:.0%})" for column in rare[:LISTED]]
    more = f" and {len(rare) - LISTED} more" if len(rare) > LISTED else ""
    return kept, [f"rare, and no columns: {', '.join(said)}{more}"] if rare else []
