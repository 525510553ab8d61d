"""What an API says of itself by its OpenAPI document: listings, their pages and cursors, columns, samples, counts."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.connectors.registry import open_describer
from tests.servers.api import api
from tests.support.real_data import DATA, needs_data
from weir.core.errors import WeirError
from weir.project.scaffold.described import Describer, Table
from weir.project.scaffold.described import Test as Asked

ITEM = {"type": "object", "required": ["id"], "properties": {
    "id": {"type": "integer"}, "updated_at": {"type": "string", "format": "date-time"}, "note": {"type": "string"},
}}  # fmt: skip
OBJECTS = [{"id": n, "updated_at": f"2024-01-{n:02}T00:00:00Z", "note": f"note {n}"} for n in range(1, 26)]


def listing(answer: dict[str, Any], *parameters: str | dict[str, Any], **more: Any) -> dict[str, Any]:
    """The description of a path."""
    told = [{"name": p, "in": "query", "schema": {"type": "string"}} if isinstance(p, str) else p for p in parameters]
    schema = {"type": "object", "properties": answer} if "type" not in answer or "items" not in answer else answer
    return {"get": {"parameters": told, "responses": {"200": {"content": {"application/json": {"schema": schema}}}},
                    **more}}  # fmt: skip


def document(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.0.0", "info": {}, "paths": paths, **more}


@contextmanager
def described(server: Any, content: Any, tmp_path: Path) -> Iterator[tuple[Describer, dict[str, Table]]]:
    file = tmp_path / "openapi.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    with open_describer("SHOP_URL", server.url, str(file)) as describer:
        yield describer, {table.name: table for table in describer.tables([])}


def paged(how: str) -> Callable[..., tuple[int, dict[str, Any], Any]]:
    """An API that lists 25 objects, ten a page at most."""

    def answer(server: Any, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any], Any]:
        size = min(int(query.get("limit") or query.get("per_page") or 10), 10)
        since = query.get("updated_since", "")
        there = [each for each in OBJECTS if each["updated_at"] >= since]  # type: ignore[operator]
        at = int(query.get("offset") or query.get("cursor") or 0)
        if how in ("page", "pages", "link"):
            at = (int(query.get("page") or 1) - 1) * size
        page, after = there[at : at + size], at + size
        more = after < len(there)
        url = f"{server.url}{path}?page={after // size + 1}&cursor={after}"
        if how == "link":
            return 200, {"Link": f'<{url}>; rel="next"'} if more else {}, page
        told: dict[str, Any] = {
            "page": {}, "pages": {"meta": {"total_pages": -(-len(there) // size)}}, "offset": {"total": len(there)},
            "cursor": {"next_cursor": str(after) if more else None}, "next": {"links": {"next": url if more else None}},
            "more": {"has_more": more},
        }[how]  # fmt: skip
        return 200, {}, {"items": page, **told}

    return answer


ITEMS = {"items": {"type": "array", "items": ITEM}}
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
LINKS = {"type": "object", "properties": {"next": TEXT}}
PAGING = {
    "page": (listing(ITEMS, "page", "per_page"), {"per_page": 100},
             {"type": "page_number", "base_page": 1, "page_param": "page", "total_path": None}),
    "pages": (listing({**ITEMS, "meta": {"type": "object", "properties": {"total_pages": NUMBER}}}, "page"), None,
              {"type": "page_number", "base_page": 1, "page_param": "page", "total_path": "meta.total_pages"}),
    "offset": (listing({**ITEMS, "total": NUMBER}, "offset", "limit"), None,
               {"type": "offset", "limit": 100, "offset_param": "offset", "limit_param": "limit",
                "total_path": "total"}),
    "cursor": (listing({**ITEMS, "next_cursor": TEXT}, "cursor", "limit"), {"limit": 100},
               {"type": "cursor", "cursor_path": "next_cursor", "cursor_param": "cursor"}),
    "next": (listing({**ITEMS, "links": LINKS}, "cursor", "limit"), {"limit": 100},
             {"type": "json_link", "next_url_path": "links.next"}),
    "link": (listing({"type": "array", "items": ITEM}, "page"), None, "header_link"),
    "more": (listing({**ITEMS, "has_more": {"type": "boolean"}}, "offset", "limit"), None,
             {"type": "offset", "limit": 100, "offset_param": "offset", "limit_param": "limit", "total_path": None,
              "has_more_path": "has_more"}),
}  # fmt: skip


@pytest.mark.parametrize("how", PAGING)
def test_pages_are_proposed_and_followed(tmp_path: Path, how: str) -> None:
    told, params, paginator = PAGING[how]
    with api(paged(how)) as server, described(server, document({"/v2/orders": told}), tmp_path) as (describer, tables):
        assert len(server.asked) == 1, "each listing is tried with one request"
        endpoint: Any = tables["orders"].meta["endpoint"]
        assert endpoint["path"] == "v2/orders"
        assert endpoint.get("data_selector") == (None if how == "link" else "items")
        assert (endpoint.get("params"), endpoint["paginator"]) == (params, paginator)
        assert tables["orders"].primary_key == ("id",)
        sample = describer.sample(tables["orders"], 1000)
        assert (sample.rows, sample.is_whole) == (25, True)
        assert sample.values["id"] == [str(n) for n in range(1, 26)]
        counted = describer.count(tables["orders"], [
            Asked("repeated", ("id",)), Asked("before", ("updated_at",), "2024-01-03", "timestamptz"),
        ], 60)  # fmt: skip
        assert (counted.rows, counted.broken) == (25, (0, 2))
        assert not describer.sample(tables["orders"], 5).is_whole


def test_cursors_of_change(tmp_path: Path) -> None:
    paths = {
        "/orders": listing(ITEMS, {"name": "updated_since", "in": "query", "schema": {"type": "string"}}),
        "/made": listing(ITEMS, "created_after"),
        "/refused": listing(ITEMS, "modified_after"),
    }  # fmt: skip

    def answer(server: Any, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any], Any]:
        return (400, {}, {"error": "no"}) if "modified_after" in query else paged("page")(server, path, query)

    with api(answer) as server, described(server, document(paths), tmp_path) as (_, tables):
        assert tables["orders"].meta["endpoint"]["incremental"] == {  # type: ignore[index]
            "cursor_path": "updated_at", "start_param": "updated_since", "initial_value": "1970-01-01T00:00:00Z",
        }  # fmt: skip
        assert "incremental" not in tables["made"].meta["endpoint"]  # type: ignore[operator]
        assert tables["made"].notes == [
            "created_after asks for new objects only, so it is no cursor where objects change",
        ]  # fmt: skip
        assert tables["refused"].notes == ["the API refuses modified_after, so the whole listing is read each time"]


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    paths = {
        "/orders": listing(ITEMS), "/orders/{id}": listing(ITEMS),
        "/me": listing({"id": NUMBER, "roles": ITEMS["items"]}),
        "/search": listing(ITEMS, {"name": "q", "in": "query", "required": True, "schema": TEXT}),
        "/secret": listing(ITEMS), "/gone": listing(ITEMS), "/html": listing(ITEMS), "/other": listing(ITEMS),
        "/scoped": listing(ITEMS, {"name": "scope", "in": "query", "required": True, "schema": {"enum": ["all"]}}),
        "/post": {"post": {}},
    }  # fmt: skip

    def answer(server: Any, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any], Any]:
        if path == "/scoped" and query != {"scope": "all"}:
            return 400, {}, {}
        return {
            "/secret": (403, {}, {}), "/gone": (404, {}, {}), "/html": (200, {}, b"<html>"),
            "/other": (200, {}, {"rows": []}),
        }.get(path, (200, {}, {"items": OBJECTS}))  # fmt: skip

    with api(answer) as server, described(server, document(paths), tmp_path) as (_, tables):
        assert {name for name, table in tables.items() if not table.left_out} == {"orders", "scoped"}
        left_out = {name: table.left_out for name, table in tables.items() if table.left_out}
        html = left_out.pop("html")
        assert html.startswith("html answers with no JSON that can be read")
        assert left_out == {
            "/orders/{id}": "needs id in its path: land it by a listing that has them",
            "/me": "answers with no list of objects, as the document says",
            "/search": "needs the parameter q: declare it with `endpoint.params`",
            "secret": "secret answered 403, refused: check the token in SHOP_TOKEN",
            "gone": "gone answered 404, there is no such path: mend `endpoint.path`",
            "other": "other answers without 'items': mend `data_selector`",
        }  # fmt: skip


def test_a_paginator_that_most_listings_have_is_said_once(tmp_path: Path) -> None:
    told = listing({**ITEMS, "next_cursor": TEXT}, "cursor", "limit")
    paths = {"/a": told, "/b": told, "/c": listing(ITEMS), "/twice": listing(ITEMS)}

    def answer(server: Any, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any], Any]:
        return (200, {}, {"items": OBJECTS[:2] * 2}) if path == "/twice" else paged("cursor")(server, path, query)

    with api(answer) as server, described(server, document(paths), tmp_path) as (describer, tables):
        usual = {"type": "cursor", "cursor_path": "next_cursor", "cursor_param": "cursor"}
        assert describer.source_meta == {"client": {"paginator": usual}}  # type: ignore[attr-defined]
        found = {name: table.meta["endpoint"].get("paginator") for name, table in tables.items()}  # type: ignore[attr-defined]
        assert found == {"a": None, "b": None, "c": "auto", "twice": "auto"}
        assert describer.sample(tables["a"], 100).rows == 25
        assert (tables["a"].primary_key, tables["twice"].primary_key) == (("id",), ())


def test_swagger_2_and_prefixes(tmp_path: Path) -> None:
    page = {"name": "page", "in": "query", "type": "integer", "minimum": 0}
    answers = {"200": {"schema": {"type": "array", "items": {"$ref": "#/definitions/Order"}}}}
    content = {"swagger": "2.0", "host": "x.example", "basePath": "/api/v3", "definitions": {"Order": ITEM},
               "paths": {"/orders": {"get": {"parameters": [page], "responses": answers}}}}  # fmt: skip

    def answer(server: Any, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any], Any]:
        return 200, {}, OBJECTS[:3] if path == "/api/v3/orders" and query["page"] == "0" else []

    with api(answer) as server:
        with described(server, content, tmp_path) as (_, tables):
            endpoint: Any = tables["orders"].meta["endpoint"]
            assert endpoint["path"] == "api/v3/orders"
            assert endpoint["paginator"]["base_page"] == 0
            assert [(c.name, c.kind) for c in tables["orders"].columns] == [
                ("id", "integer"), ("updated_at", "timestamptz"), ("note", "text"),
            ]  # fmt: skip
        server.url += "/api/v3"
        with described(server, content, tmp_path) as (_, tables):
            assert tables["orders"].meta["endpoint"]["path"] == "orders"  # type: ignore[index]


def test_columns_of_schema_and_objects(tmp_path: Path) -> None:
    schemas = {
        "Node": {"type": "object", "properties": {"id": NUMBER, "parent": {"$ref": "#/components/schemas/Node"},
                 "self": {"$ref": "#/components/schemas/Loop"}}},
        "Loop": {"$ref": "#/components/schemas/Loop"},
        "Base": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uuid"}}},
        "Order": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object", "properties": {
            "status": {"type": "string", "enum": ["open", "paid"], "description": "Where  it\nstands."},
            "amount": {"type": "number"}, "at": {"type": ["string", "null"], "format": "date-time"},
            "epoch": {"type": "string", "format": "date-time"},
            "who": {"oneOf": [{"type": "string"}, {"type": "object", "properties": {"id": NUMBER}}]},
            "node": {"$ref": "#/components/schemas/Node"}, "labels": {"type": "array", "items": TEXT},
            "unused": NUMBER,
        }}]},
    }  # fmt: skip
    order = {"id": "6f9619ff-8b86-d011-b42d-00cf4fc964ff", "status": "open", "amount": 1.5, "at": None,
             "epoch": 1234567890, "who": "ann", "node": {"id": 5, "parent": {"id": 6, "parent": None}}, "labels": [],
             "extra": True}  # fmt: skip
    paths = {"/orders": listing({"data": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}})}
    content = document(paths, components={"schemas": schemas})
    with api(lambda *_: (200, {}, {"data": [order]})) as server, described(server, content, tmp_path) as (_, tables):
        found = {c.name: c for c in tables["orders"].columns}
        assert {name: (c.kind, c.share) for name, c in found.items()} == {
            "id": ("uuid", 1), "status": ("text", 1), "amount": ("numeric", 1), "at": ("timestamptz", 1),
            "epoch": ("integer", 1), "who": ("text", 1), "node.id": ("integer", 1), "node.parent.id": ("integer", 1),
            "node.parent.parent": ("text", 1), "labels": ("array", 1), "extra": ("boolean", 1),
        }  # fmt: skip
        assert (found["status"].values, found["status"].comment) == (("open", "paid"), "Where it stands.")
        assert tables["orders"].notes == ["rare, and no columns: unused (0%)"]
        assert found["epoch"].note == "the document says timestamptz"
        assert (found["id"].nullable, found["at"].nullable) == (False, True)


BAD = {
    "{": "is neither JSON nor YAML: name an OpenAPI document",
    "<!DOCTYPE html><html>": "is a web page, no OpenAPI document: name the JSON or YAML file that the page shows",
    "a: [": "is neither JSON nor YAML: name an OpenAPI document",
    "just words": "is no OpenAPI document: it says neither `openapi: 3…` nor `swagger: 2.0`",
    '{"openapi": "3.0.0"}': "describes no paths: name the document of the whole API",
}  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_bad_documents(tmp_path: Path, text: str) -> None:
    with api(lambda *_: (200, {}, text.encode())) as server:
        with pytest.raises(WeirError) as told, described(server, text, tmp_path):
            pass
        assert str(told.value) == f"{tmp_path}/openapi.json {BAD[text]}"
        with pytest.raises(WeirError) as told, open_describer("SHOP_URL", server.url, f"{server.url}/spec"):
            pass
        assert str(told.value) == f"{server.url}/spec {BAD[text]}"


def test_documents_that_can_not_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(url: str, document: str = "") -> str:
        with pytest.raises(WeirError) as told, open_describer("SHOP_URL", url, document) as describer:
            describer.tables([])
        return str(told.value)

    with api(lambda server, path, query: ({"/locked": 401}.get(path, 404), {}, b"")) as server:
        assert refusal(server.url, f"{server.url}/locked?key=secret") == (
            f"{server.url}/locked answered 401, refused: put a token into SHOP_TOKEN, or save the document as a file "
            "and name it")  # fmt: skip
        monkeypatch.setenv("SHOP_TOKEN", "sesame")
        assert "check the token in SHOP_TOKEN" in refusal(server.url, f"{server.url}/locked")
        assert server.asked[-1][1]["Authorization"] == "Bearer sesame"
        assert "there is no such document: mend its address" in refusal(server.url, f"{server.url}/spec.json")
        assert "offers no OpenAPI document at the usual places" in refusal(server.url)
        assert "can't be read (No such file or directory)" in refusal(server.url, str(tmp_path / "none.json"))
    assert "can't be reached" in refusal("http://127.0.0.1:1", "http://127.0.0.1:1/spec.json")


def test_a_token_is_shown_to_its_own_api_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "sesame")
    spec = document({"/orders": listing(ITEMS)}, components={"securitySchemes": {
        "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}}})  # fmt: skip
    with api(lambda *_: (200, {}, spec)) as elsewhere, api(paged("page")) as server:
        with open_describer("SHOP_URL", server.url, f"{elsewhere.url}/spec.json") as describer:
            (table,) = describer.tables([])
            assert not table.left_out
            assert describer.source_meta == {"client": {"headers": {"X-Api-Key": "${SHOP_TOKEN}"}}}  # type: ignore[attr-defined]
        assert server.asked[0][1]["X-Api-Key"] == "sesame"
        assert "sesame" not in str(elsewhere.asked)


def test_pages_that_lead_elsewhere_are_told(tmp_path: Path) -> None:
    def answer(server: Any, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any], Any]:
        return 200, {}, {"items": OBJECTS[:10], "next_url": "https://elsewhere.example/orders?page=2"}

    told = document({"/orders": listing({**ITEMS, "next_url": TEXT})})
    with api(answer) as server, described(server, told, tmp_path) as (describer, tables):
        sample = describer.sample(tables["orders"], 100)
        assert (sample.rows, sample.is_whole) == (10, False)
        assert (
            tables["orders"].notes[0].startswith("ask: its pages can't be followed as proposed (is led on to https://e")
        )
        counted = describer.count(tables["orders"], [Asked("repeated", ("id",))], 60)
        assert (counted.rows, counted.broken) == (None, (None,))


def test_a_key_in_a_parameter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "sesame")
    spec = document({"/orders": listing(ITEMS)}, components={"securitySchemes": {
        "key": {"type": "apiKey", "in": "query", "name": "api_key"}}})  # fmt: skip
    with api(paged("page")) as server, described(server, spec, tmp_path) as (_, tables):
        assert server.asked[0][0] == "/orders?api_key=sesame"
        assert tables["orders"].meta["endpoint"]["params"] == {"api_key": "${SHOP_TOKEN}"}  # type: ignore[index]


def test_a_large_document_with_circles(tmp_path: Path) -> None:
    fields = {f"f{n}": {"$ref": f"#/components/schemas/S{n}"} for n in range(40)}
    schemas = {f"S{n}": {"type": "object", "properties": {"id": NUMBER, **fields}} for n in range(40)}
    items = {"type": "array", "items": {"$ref": "#/components/schemas/S1"}}
    paths = {f"/list{n}": listing({"items": items}) for n in range(10)}
    begun = time.process_time()
    with api(lambda *_: (200, {}, {"items": []})) as server:
        content = document(paths, components={"schemas": schemas})
        with described(server, content, tmp_path) as (_, tables):
            assert len(tables) == 10
            assert tables["list1"].columns[0].name == "id"
            assert len(tables["list1"].columns) == 500
    assert time.process_time() - begun < 20


def test_the_document_that_the_api_offers(tmp_path: Path) -> None:
    def answer(server: Any, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any], Any]:
        if path == "/v1/swagger.json":
            return 200, {}, yaml.safe_dump(document({"/orders": listing(ITEMS)}, servers=[{"url": "/v1"}])).encode()
        return (200, {}, {"items": OBJECTS}) if path == "/v1/orders" else (404, {}, b"")

    with api(answer) as server:
        for url in (f"{server.url}/v1", f"{server.url}/v1/swagger.json"):
            with open_describer("SHOP_URL", url) as describer:
                (table,) = describer.tables([])
                assert (table.left_out, table.meta["endpoint"]["path"]) == ("", "orders")  # type: ignore[index]
                assert describer.address == f"{server.url}/v1"  # type: ignore[attr-defined]


@needs_data
def test_a_payment_api(tmp_path: Path) -> None:
    resources = json.loads((DATA / "rest_stripe_fixtures/fixtures3.json").read_text())["resources"]
    lists = {f"/v1/{name}s": [resources[name] | {"id": f"{name}_{n:03}"} for n in range(130)]
             for name in ("customer", "subscription")}  # fmt: skip

    def answer(server: Any, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any], Any]:
        ids = [each["id"] for each in lists[path]]
        at = ids.index(query["starting_after"]) + 1 if "starting_after" in query else 0
        size = int(query["limit"])
        page = lists[path][at : at + size]
        return 200, {}, {"object": "list", "data": page, "has_more": at + size < len(ids), "url": path}

    shutil.copy(Path(__file__).parent / "stripe.openapi.yaml", tmp_path)
    with api(answer) as server, open_describer("PAY_URL", server.url, f"{tmp_path}/stripe.openapi.yaml") as describer:
        tables = {table.name: table for table in describer.tables([])}
        assert {name: table.left_out for name, table in tables.items() if table.left_out} == {
            "/customers/{customer}": "needs customer in its path: land it by a listing that has them",
            "/balance": "answers with no list of objects, as the document says",
        }  # fmt: skip
        table = tables["customers"]
        paginator = {"type": "cursor", "cursor_path": "data[-1].id", "cursor_param": "starting_after",
                     "has_more_path": "has_more"}  # fmt: skip
        assert describer.source_meta == {"client": {"paginator": paginator}}, "said once"  # type: ignore[attr-defined]
        assert table.meta["endpoint"] == {"path": "v1/customers", "data_selector": "data", "params": {"limit": 100}}
        assert table.notes == ["created[gt] asks for new objects only, so it is no cursor where objects change"]
        assert table.comment == "List all customers"
        found = {c.name: c for c in table.columns}
        assert (found["id"].comment, found["metadata"].kind) == ("Unique identifier for the object.", "json")
        assert found["tax_exempt"].values == ("exempt", "none", "reverse")
        assert (describer.sample(table, 1000).rows, len(server.asked)) == (130, 4)
        counted = describer.count(
            tables["subscriptions"], [Asked("repeated", ("id",)), Asked("missing", ("status",))], 60
        )
        assert (counted.rows, counted.broken) == (130, (0, 0))
