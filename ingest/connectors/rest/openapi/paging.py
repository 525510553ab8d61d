"""How the pages of a listing are asked for, as an OpenAPI document lets one expect it.

In: the parameters of a path and the schema of its answer. Out: a paginator in dlt's words, and the parameters that ask
for large pages.
"""

import re
from typing import Any

from ingest.connectors.rest.openapi.document import Document, Schema
from ingest.connectors.rest.openapi.schemas import merged

SIZE = 100  # objects of a page, where the document says no most
_PAGE = {"page", "page_number", "pagenumber", "page_no", "pageno", "p", "page[number]", "pageindex", "page_index"}
_SIZE = {"per_page", "perpage", "page_size", "pagesize", "limit", "size", "count", "page[size]", "page[limit]",
         "max_results", "maxresults", "top", "$top", "results_per_page", "page_limit", "pagelimit"}  # fmt: skip
_OFFSET = {"offset", "skip", "start", "$skip", "page[offset]", "start_at", "startat", "startindex", "start_index"}
_CURSOR = {"cursor", "page_token", "pagetoken", "next_token", "nexttoken", "continuation_token", "continuationtoken",
           "next_cursor", "page[cursor]", "page[after]", "start_cursor", "after", "marker", "bookmark",
           "scroll_id"}  # fmt: skip
_LAST = {"starting_after", "after_id", "since_id", "last_id"}
_MORE = {"hasmore", "hasnext", "hasnextpage", "moreitems"}
_TOTALS = {"total", "totalcount", "totalresults", "totalitems", "totalrecords", "totalelements"}
_PAGES = {"totalpages", "pages", "pagecount", "pagestotal", "numpages"}
_LINKS = {"next", "nexturl", "nextlink", "nextpageurl", "nexthref", "nextpage", "odatanextlink", "nextpagelink"}
_TOKENS = {"nextcursor", "nextpagetoken", "nexttoken", "continuationtoken", "endcursor", "cursornext", "cursor",
           "nextpagecursor", "nextafter", "nextmarker", "scrollid", "bookmark"}  # fmt: skip


def paging_of(
    document: Document, answer: Schema, queried: dict[str, Schema], selector: str
) -> tuple[Any, dict[str, Any]]:
    """The paginator that parameters and answer let one expect, and the parameters of a large page."""
    fields = _leaves(document, answer)

    def told(words: set[str]) -> str | None:
        return next((path for path, word in fields.items() if word in words), None)

    size = _asked(queried, _SIZE)
    if size and merged(document, queried[size].get("schema") or queried[size]).get("types") == ["boolean"]:
        size = ""  # OData's `count`
    most = _most(document, queried[size]) if size else 0
    params: dict[str, Any] = {size: most} if size else {}
    more, link, token, last = told(_MORE), told(_LINKS), told(_TOKENS), _asked(queried, _LAST)
    if last and selector and more:
        return {
            "type": "cursor", "cursor_path": f"{selector}[-1].id", "cursor_param": last, "has_more_path": more,
        }, params  # fmt: skip
    if token and (cursor := cursor_in(queried)):
        return {"type": "cursor", "cursor_path": token, "cursor_param": cursor}, params
    if link:
        return {"type": "json_link", "next_url_path": link}, params
    if "link" in answer.get("headers", ()):
        return "header_link", params
    paging: dict[str, Any] = {}
    if size and (offset := _asked(queried, _OFFSET)):
        paging = {"type": "offset", "limit": most, "offset_param": offset, "limit_param": size}
        paging["total_path"], params = told(_TOTALS), {}
    elif page := _asked(queried, _PAGE):
        paging = {"type": "page_number", "base_page": _first_page(document, queried[page]), "page_param": page}
        paging["total_path"] = told(_PAGES)
    if paging and more and not paging["total_path"]:
        paging["has_more_path"] = more
    return paging or None, params


def cursor_in(queried: dict[str, Schema]) -> str:
    """The parameter that takes a cursor; empty where there is none."""
    return _asked(queried, _CURSOR)


def _asked(queried: dict[str, Schema], words: set[str]) -> str:
    return next((name for name in queried if name.lower() in words), "")


def _leaves(document: Document, answer: Schema) -> dict[str, str]:
    """The fields of an answer beside its list: their paths, and their names without _ and in small letters."""
    found: dict[str, str] = {}
    for name, node in answer.get("properties", {}).items():
        inner = merged(document, node)
        if inner.get("types") == ["object"]:
            for below, node_below in inner.get("properties", {}).items():
                deeper = merged(document, node_below)
                if deeper.get("types") == ["object"] and str(below).lower() in ("next", "links"):
                    for last in deeper.get("properties", {}):
                        found[f"{name}.{below}.{last}"] = f"{_word(str(below))}{_word(str(last))}"
                elif deeper.get("types") != ["array"]:
                    found[f"{name}.{below}"] = _word(str(below))
        elif inner.get("types") != ["array"]:
            found[str(name)] = _word(str(name))
    return found


def _word(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _most(document: Document, parameter: Schema) -> int:
    schema = document.resolve(parameter.get("schema") or parameter)
    most = schema.get("maximum")
    said = re.search(r"(?:max(?:imum)?|between 1 and|up to|1 (?:to|-))\D{0,12}(\d{1,5})",
                     str(parameter.get("description") or ""), re.IGNORECASE)  # fmt: skip
    limit = int(most) if isinstance(most, int | float) and most > 0 else int(said[1]) if said and int(said[1]) else 0
    return min(limit, 1000) if limit else max(SIZE, int(schema.get("default") or 0) if _is_number(schema) else SIZE)


def _is_number(schema: Schema) -> bool:
    return isinstance(schema.get("default"), int) and not isinstance(schema.get("default"), bool)


def _first_page(document: Document, parameter: Schema) -> int:
    schema = document.resolve(parameter.get("schema") or parameter)
    if schema.get("default") in (0, 1) or schema.get("minimum") in (0, 1):
        return int(schema["default"] if schema.get("default") in (0, 1) else schema["minimum"])
    said = str(parameter.get("description") or "").lower()
    return (
        0 if re.search(r"(zero|0)[- ]?(based|indexed)|(starts?|begins?|beginning) (at|with|from) (0|zero)", said) else 1
    )
