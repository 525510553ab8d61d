"""Listings of an API: which paths list objects, and how their pages, keys and cursors are asked for.

In: an OpenAPI document. Out: a Listing for each path that is read with GET, with an `endpoint` in dlt's words as the
document lets one expect it; or the reason why it can't be landed.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ingest.connectors.rest.openapi.document import Document, Schema
from ingest.connectors.rest.openapi.paging import cursor_in, paging_of
from ingest.connectors.rest.openapi.schemas import merged

_LISTS = ("data", "items", "results", "records", "values", "content", "entries", "elements", "objects", "rows", "list",
          "value", "hits")  # fmt: skip
_CHANGED = re.compile(
    r"(?:filter\[)?(?:min_)?((?:last_?)?(?:updated?|modified|modification|changed?|edited)"
    r"(?:_?(?:at|on|date|time|timestamp))?)"
    r"\]?[_\[. -]?(?:since|after|from|min|gte?|ge|start|begin|>=?)\]?|((?:updated|modified|changed))_?since"
    r"|if_modified_since|changed_since", re.IGNORECASE)  # fmt: skip
_MADE = re.compile(r"(created?|created_?(?:at|on|date))[_\[.]?(?:since|after|from|min|gte?|start)\]?", re.IGNORECASE)
_FIELDS = ("updated_at", "updated", "modified_at", "modified", "last_modified", "last_updated", "updated_on",
           "changed_at", "date_modified", "date_updated", "updated_date", "modified_on", "modification_date",
           "update_time")  # fmt: skip


@dataclass
class Listing:
    """One path of the API."""

    path: str
    name: str
    comment: str = ""
    why_not: str = ""
    endpoint: dict[str, Any] = field(default_factory=dict)
    item: Any = None  # the schema of an object
    answer: Schema = field(default_factory=dict)
    key: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    cursor: str = ""  # the parameter that takes what stands at `next`, if that is no link


def listings(document: Document, prefix: str) -> list[Listing]:
    """All paths that GET can read; `prefix` stands before them at the API's address."""
    found = []
    for path, item in document.content["paths"].items():
        facts = document.resolve(item)
        operation = facts.get("get") if isinstance(facts, dict) else None
        if isinstance(operation, dict):
            found.append(_listing(document, str(path), prefix, facts, operation))
    names = Counter(each.name for each in found if not each.why_not)
    for each in found:
        if names[each.name] > 1:
            each.name = _named(each.path, 2)
    seen: Counter[str] = Counter()
    for each in found:
        seen[each.name] += not each.why_not
        if seen[each.name] > 1 and not each.why_not:
            each.name = f"{each.name}_{seen[each.name]}"
    return found


def _listing(document: Document, path: str, prefix: str, facts: Schema, operation: Schema) -> Listing:
    comment = " ".join(str(operation.get("summary") or operation.get("description") or "").split())
    made = Listing(path, _named(path), comment[:500])
    if inside := re.findall(r"\{([^{}]+)\}", path):
        made.why_not = f"needs {', '.join(inside)} in its path: land it by a listing that has them"
        return made
    parameters = _parameters(document, facts, operation)
    made.answer = _answer(document, operation)
    selector, items = _list_in(document, made.answer, made.name)
    if items is None:
        made.why_not = "answers with no list of objects, as the document says"
        return made
    params: dict[str, Any] = {}
    for name, each in parameters.items():
        if each.get("required") and each["in"] == "query":
            value = _given(document, each)
            if value is None:
                made.why_not = f"needs the parameter {name}: declare it with `endpoint.params`"
                return made
            params[name] = value
    made.item = items
    made.endpoint = {"path": f"{prefix}{path}".lstrip("/")}
    if selector:
        made.endpoint["data_selector"] = selector
    queried = {name: each for name, each in parameters.items() if each["in"] == "query"}
    paging, more = paging_of(document, made.answer, queried, selector)
    made.cursor = cursor_in(queried)
    params |= more
    if params:
        made.endpoint["params"] = params
    if paging:
        made.endpoint["paginator"] = paging
    schema = merged(document, items)
    made.key = _key(schema, made.name)
    _incremental(document, made, queried, schema)
    if operation.get("deprecated"):
        made.notes.append("the document calls it deprecated")
    return made


def _named(path: str, parts: int = 1) -> str:
    words = [_snake(part) for part in path.split("/") if part and "{" not in part]
    words = [word for word in words if word and not re.fullmatch(r"v[0-9]+|api|rest", word)] or ["listing"]
    return "_".join(words[-parts:])[:55].strip("_")


def _snake(name: str) -> str:
    plain = re.sub(r"\.(json|xml|php|aspx?)$", "", name)
    return re.sub(r"\W+|_+", "_", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", plain)).strip("_").lower()


def _parameters(document: Document, facts: Schema, operation: Schema) -> dict[str, Schema]:
    found = {}
    for each in [*(facts.get("parameters") or []), *(operation.get("parameters") or [])]:
        told = document.resolve(each)
        if isinstance(told, dict) and told.get("name"):
            found[str(told["name"])] = {"in": "query", **told}
    return found


def _answer(document: Document, operation: Schema) -> Schema:
    answers = operation.get("responses") or {}
    first: Any = next((answers[code] for code in ("200", 200, "2XX", "default", "206", "203") if code in answers), {})
    answer = document.resolve(first)
    if not isinstance(answer, dict):
        return {}
    schema = answer.get("schema")  # Swagger 2
    for kind, media in (answer.get("content") or {}).items():
        if "json" in str(kind) or str(kind) == "*/*":
            schema = media.get("schema")
            break
    whole = dict(merged(document, schema))
    whole["headers"] = {str(name).lower() for name in answer.get("headers") or {}}
    return whole


def _list_in(document: Document, answer: Schema, name: str, at: str = "", deep: int = 0) -> tuple[str, Any]:
    """The place of the list in the answer, and the schema of its objects; None where there is none."""
    if answer.get("types") == ["array"] and not at:
        return "", answer.get("items") if _is_object(document, answer.get("items")) else None
    inner = {str(n): merged(document, node) for n, node in answer.get("properties", {}).items()}
    lists = [
        n for n, each in inner.items() if each.get("types") == ["array"] and _is_object(document, each.get("items"))
    ]
    wanted = [n for n in (name, *_LISTS) if n in {each.lower() for each in lists}]
    if "id" in inner and not wanted:
        return "", None  # one object, which holds a list
    if lists:
        pick = next((n for n in lists if wanted and n.lower() == wanted[0]), lists[0] if len(lists) == 1 else "")
        return (f"{at}{pick}", inner[pick].get("items")) if pick else ("", None)
    for n, each in inner.items():
        if deep < 2 and each.get("types") == ["object"] and each.get("properties"):
            found = _list_in(document, each, name, f"{at}{n}.", deep + 1)
            if found[1] is not None:
                return found
    return "", None


def _is_object(document: Document, node: Any) -> bool:
    schema = merged(document, node)
    return bool(schema.get("properties")) or schema.get("types") == ["object"] or not schema.get("types")


def _given(document: Document, parameter: Schema) -> Any:
    schema = document.resolve(parameter.get("schema") or parameter)
    words = schema.get("enum") or []
    return schema.get("default", schema.get("example", parameter.get("example", words[0] if len(words) == 1 else None)))


def _key(schema: Schema, name: str) -> tuple[str, ...]:
    properties = {str(each).lower(): str(each) for each in schema.get("properties", {})}
    one = re.sub(r"ies$", "y", name) if name.endswith("ies") else name.removesuffix("s")
    for each in ("id", "uuid", "guid", f"{one}_id", f"{one.replace('_', '')}id", "_id", "key", "uid"):
        if each in properties:
            return (properties[each],)
    return ()


def _incremental(document: Document, made: Listing, queried: dict[str, Schema], schema: Schema) -> None:
    fields = {str(each).lower().replace("_", ""): str(each) for each in schema.get("properties", {})}
    changed = next((fields[each.replace("_", "")] for each in _FIELDS if each.replace("_", "") in fields), "")
    for name, parameter in _spelled(document, queried):
        if _CHANGED.fullmatch(name) and changed:
            inner = merged(document, schema["properties"][changed])
            kinds, format_ = inner.get("types"), inner.get("format")
            first: Any = 0 if kinds and kinds[0] in ("integer", "number") else "1970-01-01T00:00:00Z"
            first = "1970-01-01" if format_ == "date" or parameter == "date" else first
            made.endpoint["incremental"] = {"cursor_path": changed, "start_param": name, "initial_value": first}
            return
    for name, _ in _spelled(document, queried):
        if _MADE.fullmatch(name):
            made.notes.append(f"{name} asks for new objects only, so it is no cursor where objects change")
            return


def _spelled(document: Document, queried: dict[str, Schema]) -> list[tuple[str, str]]:
    """The parameters as they are sent, those of an object one by one; each with the format of its value."""
    found = []
    for name, parameter in queried.items():
        schema = merged(document, parameter.get("schema") or parameter)
        inner = schema.get("properties")
        if inner and parameter.get("style", "deepObject") == "deepObject":
            found += [(f"{name}[{each}]", "") for each in inner]
        else:
            found.append((name, str(schema.get("format") or "")))
    return found
