"""Describes a REST API by its OpenAPI document: its listings, each tried with one request.

In: the address of the API, and the file or address of the document. Out: Tables with the `endpoint` that landing needs,
columns from schema and objects together, samples, and counts over the whole listing. Only GET is used.
"""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from requests import RequestException

from ingest.connectors.paths import Paths, common, text_at
from ingest.connectors.rest.connector import Connector
from ingest.connectors.rest.openapi import document as documents
from ingest.connectors.rest.openapi.listings import Listing, listings
from ingest.connectors.rest.openapi.schemas import columns, together
from ingest.connectors.tally import Tally
from ingest.faults import one_line
from weir.core.errors import WeirError
from weir.project.plan import Source
from weir.project.plan import Table as Declared
from weir.project.scaffold.described import Counted, Sample, Table, Test

SECONDS = 30.0  # a sample follows pages so long
KEPT = 20_000  # objects of a whole listing that are kept between a sample and its count


class Describer:
    """One API.

    `address` is where its paths begin, which the variable is to hold. `source_meta` is what landing needs of the
    source.
    """

    def __init__(self, connection: str, url: str, document: str = "") -> None:
        logging.getLogger("dlt").setLevel(logging.CRITICAL)  # it warns of each listing that names no paginator
        name = connection.removesuffix("_URL").lower()
        self.variable = f"{name.upper()}_TOKEN"
        token = os.environ.get(self.variable, "")
        itself = urlsplit(url).path.endswith((".json", ".yaml", ".yml"))
        if document or itself:
            self.document = documents.read(document or url, url, token, self.variable)
        else:
            self.document = documents.find(url, token, self.variable)
        self.address = (self.document.base if itself else url).rstrip("/")
        if urlsplit(self.address).scheme not in ("http", "https"):
            raise WeirError(f"{documents.shown(url)} does not say where the API is (`servers`): give its address, "
                            "and the document beside it")  # fmt: skip
        self.source_meta: dict[str, Any] = {}
        if client := self._client():
            self.source_meta["client"] = client
        source = Source(name=name, connection=connection, client=client)
        self.opened = Connector(source, self.address, None)  # type: ignore[arg-type]  # it needs no loop
        self.kept: dict[str, list[dict[str, Any]]] = {}

    def close(self) -> None:
        """Close the connection to the API."""
        self.opened.close()

    def _client(self) -> dict[str, Any]:
        """The header that carries the token, where it is another than `Authorization: Bearer`."""
        schemes = self._schemes()
        for each in schemes:
            kind, scheme = str(each.get("type")), str(each.get("scheme", "")).lower()
            if kind in ("oauth2", "openIdConnect") or scheme == "bearer":
                return {}
        for each in schemes:
            if each.get("type") == "apiKey" and each.get("in") == "header" and os.environ.get(self.variable):
                return {"headers": {str(each.get("name")): f"${{{self.variable}}}"}}
            if str(each.get("scheme", each.get("type"))).lower() == "basic" and os.environ.get(self.variable):
                return {"headers": {"Authorization": f"Basic ${{{self.variable}}}"}}
        return {}

    def _key_param(self) -> dict[str, str]:
        """The parameter that carries the token, where the API takes it in no header."""
        schemes = self._schemes()
        if os.environ.get(self.variable) and len(schemes) == 1 and schemes[0].get("in") == "query":
            return {str(schemes[0].get("name")): f"${{{self.variable}}}"}
        return {}

    def _schemes(self) -> list[dict[str, Any]]:
        """How the API lets one in, as its document says."""
        content = self.document.content
        found = (content.get("components") or {}).get("securitySchemes") or content.get("securityDefinitions") or {}
        return [each for each in map(self.document.resolve, found.values()) if isinstance(each, dict)]

    def tables(self, schemas: Sequence[str]) -> list[Table]:
        """A table for each listing that answers; the others with the reason why not. Raises WeirError."""
        if schemas:
            raise WeirError("an API has no schemas: leave --schema out")
        said, own = urlsplit(self.document.base).path.rstrip("/"), urlsplit(self.address).path.rstrip("/")
        prefix = "" if not said or own.endswith(said) else said.removeprefix(own)
        found = [self._table(each) for each in listings(self.document, prefix)]
        refused = [table.left_out for table in found if "refused: check the token" in table.left_out]
        if refused and all(table.left_out for table in found):
            raise WeirError(refused[0])
        self._say_once([table.meta["endpoint"] for table in found if not table.left_out])
        return found

    def _say_once(self, endpoints: list[Any]) -> None:
        """Move the paginator that most listings have to the source; the others say their own."""
        paginators = [endpoint.get("paginator") for endpoint in endpoints]
        usual = max(filter(None, paginators), key=paginators.count, default=None)
        if usual is None or paginators.count(usual) < 2 or paginators.count(usual) * 2 < len(paginators):
            return
        for endpoint in endpoints:
            if endpoint.get("paginator") == usual:
                del endpoint["paginator"]
            else:
                endpoint.setdefault("paginator", "auto")
        self.opened.source.client["paginator"] = usual
        self.source_meta["client"] = {**self.source_meta.get("client", {}), "paginator": usual}

    def _table(self, listing: Listing) -> Table:
        table = Table(listing.path if listing.why_not else listing.name, kind="listing", comment=listing.comment)
        table.notes, table.left_out = listing.notes, listing.why_not
        if listing.why_not:
            return table
        listing.endpoint.setdefault("params", {}).update(self._key_param())
        if not listing.endpoint["params"]:
            del listing.endpoint["params"]
        try:
            found = self._tried(listing)
        except WeirError as fault:
            table.left_out = str(fault)
            return table
        paths = Paths()
        for each in found:
            paths.add(each)
        table.columns, rare = common(together(columns(self.document, listing.item), paths.columns(), len(found)))
        table.notes = listing.notes + rare
        if listing.key:
            keys = [each.get(listing.key[0]) for each in found]
            table.primary_key = listing.key if None not in keys and len(set(map(str, keys))) == len(keys) else ()
        self._name_apart(table)
        table.meta = {"endpoint": listing.endpoint}
        return table

    def _name_apart(self, table: Table) -> None:
        """Number the columns whose paths give one name."""
        taken: set[str] = set()
        for n, column in enumerate(table.columns):
            name, number = column.name, 2
            while name in taken:
                name, number = f"{column.name}_{number}", number + 1
            taken.add(name)
            table.columns[n] = replace(column, name=name)

    def _tried(self, listing: Listing) -> list[dict[str, Any]]:
        """The objects of the first page. What the API refuses is taken out of `endpoint`, and told."""
        for without in ("", "incremental", "params", "paginator"):
            if without and without not in listing.endpoint:
                continue
            if without:
                listing.notes.append(f"the API refuses {_said(without, listing.endpoint.pop(without))}")
            try:
                found = self._first_page(listing.endpoint)
            except WeirError as fault:
                if " answered 400" in str(fault) or " answered 422" in str(fault):
                    last = fault
                    continue
                raise
            self._see_answer(listing, len(found))
            return found
        raise last

    def _first_page(self, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
        found = self._objects(endpoint)
        one = next(found, None)
        rest = list(islice(found, max(self.opened.listing.rows - 1, 0))) if one is not None else []
        found.close()  # type: ignore[attr-defined]
        return [one, *rest] if one is not None else []

    def _objects(self, endpoint: dict[str, Any]) -> Iterator[dict[str, Any]]:
        params = dict(endpoint.get("params") or {})
        incremental = endpoint.get("incremental")
        if incremental:
            params[incremental["start_param"]] = incremental["initial_value"]
        try:
            yield from self.opened._items(Declared(name=endpoint["path"], endpoint=endpoint), params)
        except RequestException as fault:
            raise WeirError(one_line(fault, self.opened.source)) from None

    def _see_answer(self, listing: Listing, objects: int) -> None:
        """Correct the paginator by what the first answer holds."""
        from dlt.common.jsonpath import find_values

        answer = self.opened.listing.answer
        if answer is None or not objects:
            return
        paging = listing.endpoint.get("paginator")
        if answer.links.get("next") and (not isinstance(paging, dict) or paging["type"] not in ("json_link", "cursor")):
            listing.endpoint["paginator"] = "header_link"
        elif isinstance(paging, dict) and paging["type"] == "json_link" and listing.cursor:
            at = find_values(paging["next_url_path"], answer.json())
            if at and isinstance(at[0], str | int) and not str(at[0]).startswith(("http", "/", "?")):
                listing.endpoint["paginator"] = {
                    "type": "cursor", "cursor_path": paging["next_url_path"], "cursor_param": listing.cursor,
                }  # fmt: skip
        elif isinstance(paging, dict) and paging["type"] in ("offset", "page_number"):
            for name in ("total_path", "has_more_path"):
                if paging.get(name) and not find_values(paging[name], answer.json()):
                    paging.pop(name) if name == "has_more_path" else paging.update({name: None})

    def sample(self, table: Table, rows: int) -> Sample:
        """Objects from the listing's first pages. What keeps further pages from being read is told of the table."""
        deadline, found = time.monotonic() + SECONDS, list[dict[str, Any]]()
        whole = True
        try:
            for each in self._objects(table.meta["endpoint"]):  # type: ignore[arg-type]
                if len(found) >= rows or (not len(found) % 50 and time.monotonic() > deadline):
                    whole = False
                    break
                found.append(each)
        except WeirError as fault:
            if not found:
                raise
            whole = False
            table.notes.append(f"ask: its pages can't be followed as proposed ({fault})")
        if whole and len(found) <= KEPT:
            self.kept = {table.name: found}
        values = {c.name: [text_at(each, c.path) for each in found] for c in table.columns}
        return Sample(values, len(found), whole)

    def count(self, table: Table, tests: Sequence[Test], seconds: float) -> Counted:
        """Count over the whole listing, read once more unless the sample had all of it."""
        deadline = time.monotonic() + seconds
        tally = Tally([column.name for column in table.columns])
        objects = self.kept.get(table.name) or self._objects(table.meta["endpoint"])  # type: ignore[arg-type]
        try:
            rows = ([text_at(each, column.path) for column in table.columns] for each in objects)
            if tally.load(rows, deadline):
                return tally.count(tests, deadline)
        except WeirError:  # told of the table by its sample
            pass
        finally:
            tally.close()
        return Counted(None, (None,) * len(tests))


def _said(what: str, value: Any) -> str:
    if what == "incremental":
        return f"{value['start_param']}, so the whole listing is read each time"
    return f"the proposed {what}, which is left out"
