"""Columns from a schema: references, unions and nullable types resolved, nested objects as paths.

In: the schema of an object in a listing. Out: a Column for each path; what a schema says in a circle ends there.
"""

import re
from collections import deque
from dataclasses import replace
from typing import Any

from ingest.connectors.rest.openapi.document import Document, Schema
from weir.project.scaffold.described import Column, Kind

DEEP, MOST = 6, 500
_Inner = tuple[tuple[str, ...], Schema, float, tuple[int, ...]]  # path, schema, share, the objects that it lies in
_PLAIN: dict[str, Kind] = {"integer": "integer", "number": "numeric", "boolean": "boolean", "string": "text",
                           "array": "array", "object": "json"}  # fmt: skip
_FORMATS: dict[str, Kind] = {"date-time": "timestamptz", "date": "date", "uuid": "uuid", "time": "time"}


def merged(document: Document, node: Any, depth: int = 0) -> Schema:
    """The schema with its parts put together; of alternatives all properties, none of them required."""
    schema = document.resolve(node)
    if not isinstance(schema, dict) or depth > DEEP:
        return {}
    if depth:
        return _merged(document, schema, depth)
    if id(schema) not in document.merged:
        document.merged[id(schema)] = (schema, _merged(document, schema, 0))
    return document.merged[id(schema)][1]


def _merged(document: Document, schema: Schema, depth: int) -> Schema:
    whole: Schema = {name: value for name, value in schema.items() if name not in ("allOf", "oneOf", "anyOf")}
    whole["properties"] = dict(schema.get("properties") or {})
    whole["required"] = list(schema.get("required") or [])
    for part in schema.get("allOf") or []:
        found = merged(document, part, depth + 1)
        whole["properties"] = found.get("properties", {}) | whole["properties"]
        whole["required"] += found.get("required", [])
        whole = {**{n: v for n, v in found.items() if n not in ("properties", "required")}, **whole}
    kinds = set(_types(schema))
    for part in [*(schema.get("oneOf") or []), *(schema.get("anyOf") or [])]:
        found = merged(document, part, depth + 1)
        whole["properties"] = {**found.get("properties", {}), **whole["properties"]}
        kinds |= set(_types(found)) or ({"object"} if found.get("properties") else set())
        for name in ("format", "items", "enum", "description"):
            if name in found:
                whole.setdefault(name, found[name])
    if not kinds and whole["properties"]:
        kinds = {"object"}
    whole["types"] = sorted(kinds - {"null"})
    whole["nullable"] = bool(schema.get("nullable") or schema.get("x-nullable") or "null" in kinds)
    return whole


def _types(schema: Schema) -> list[str]:
    given = schema.get("types") or schema.get("type")
    return [given] if isinstance(given, str) else [str(each) for each in given or []]


def columns(document: Document, schema: Any) -> list[Column]:
    """The columns of an object of this schema, its own before those of the objects in it."""
    found: list[Column] = []
    waiting: deque[_Inner] = deque([((), merged(document, schema), 1.0, ())])
    while waiting and len(found) < MOST:
        at, whole, share, above = waiting.popleft()
        for name, node in whole.get("properties", {}).items():
            path, inner, target = (*at, str(name)), merged(document, node), id(document.resolve(node))
            sure = share if name in whole.get("required", []) else 0.0
            kinds = inner.get("types", [])
            is_open = inner.get("properties") and kinds == ["object"] and len(path) < DEEP and target not in above
            if is_open and len(waiting) < MOST:
                waiting.append((path, inner, sure, (*above, target)))
            else:
                found.append(_column(path, inner, kinds, sure))
    return found[:MOST]


def _column(path: tuple[str, ...], schema: Schema, kinds: list[str], share: float) -> Column:
    kind: Kind = "text"
    note = ""
    if len(kinds) == 1:
        kind = _PLAIN.get(kinds[0], "text")
    elif set(kinds) == {"integer", "number"}:
        kind = "numeric"
    elif kinds:
        kind = "json" if {"object", "array"} & set(kinds) else "text"
        note = f"one of {', '.join(kinds)}"
    if kind == "text" and not note:
        kind = _FORMATS.get(str(schema.get("format")), "text")
    if kind == "array":
        note = "an array: rows of a model of its own"
    words = schema.get("enum")
    values = (
        tuple(str(each) for each in words if each is not None) if kind == "text" and isinstance(words, list) else ()
    )
    comment = " ".join(re.sub(r"<[^>]+>", "", str(schema.get("description") or "")).split())
    nullable = bool(schema.get("nullable")) or share < 1
    return Column(".".join(path), kind, "jsonb", "" if kind == "text" and not note else kind, nullable,
                  comment[:1000], values, path=path, share=share, note=note)  # fmt: skip


def together(said: list[Column], seen: list[Column], objects: int) -> list[Column]:
    """The columns of the schema, corrected by those of the objects that came."""
    if not objects:
        return [replace(column, share=1.0) for column in said]
    by_path = {column.path: column for column in seen}
    found = []
    for column in said:
        real = by_path.pop(column.path, None)
        inner = [path for path in by_path if path[: len(column.path)] == column.path]
        if real is None:
            if not inner and (column.share == 1 or len(column.path) == 1):  # as the document says of it
                found.append(replace(column, share=1.0 if column.share == 1 else 0.0))
            continue
        if real.note == "null in every document":
            found.append(replace(column, share=real.share, nullable=True))
        elif real.kind == column.kind or (real.kind == "text" and not real.note and column.kind in _FORMATS.values()):
            found.append(replace(column, share=real.share, nullable=column.nullable or real.nullable))
        elif real.kind == "integer" and column.kind == "numeric":
            found.append(replace(column, share=real.share))
        else:
            note = real.note or f"the document says {column.kind}"
            found.append(replace(real, comment=column.comment, note=note))
    return found + list(by_path.values())
