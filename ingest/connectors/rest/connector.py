"""REST APIs, declared in dlt's own words: `client` for the source, `endpoint` with paginator and incremental for a
table.

In: the pages of a listing, asked for with a Bearer token from the variable that `token` names (else <SOURCE>_TOKEN).
Out: each new or changed object, whole, beside its key and cursor; unchanged objects in the overlap do not land again.
On `full` the whole listing is read, and objects that are no longer listed become tombstones, unless the listing may be
incomplete (listing.py). 429 (Retry-After) and 5xx are retried after a wait; no other address is asked (http.py).
"""

import asyncio
import os
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from ingest.connectors.base import Progress, State, keyed_by_content
from ingest.connectors.cursors import earlier, order
from ingest.connectors.fields import Fields
from ingest.connectors.repeats import MARKS, Repeats, settle
from ingest.raw.columns import Column, listed
from ingest.raw.copy_text import blocks, escaped, field, visible
from ingest.raw.table import Raw
from weir.core.causes import Cause
from weir.core.errors import WeirError, caused
from weir.project.plan import Source, Table

ATTEMPTS, TIMEOUT = 6, 30
_ENDPOINT = {"path", "params", "paginator", "data_selector", "incremental"}
REPEATS = 10  # so many repeated pages in a row are a fault; fewer may come of objects that move while pages are read


class Connector:
    """One API."""

    def __init__(self, source: Source, url: str, loop: asyncio.AbstractEventLoop) -> None:
        from dlt.sources.helpers.requests.retry import Client
        from dlt.sources.helpers.rest_client import RESTClient
        from dlt.sources.helpers.rest_client.auth import BearerTokenAuth

        from ingest.connectors.rest.http import LARGEST, LONGEST_WAIT, Adapter
        from ingest.connectors.rest.pages import Factory

        decoder = import_module("simplejson")  # the only JSON library that keeps decimals as written

        def exactly(response: Any, *_: Any, **__: Any) -> None:
            read = cache(lambda: decoder.loads(response.content, use_decimal=True))
            response.json = lambda **_: read()

        if "?" in url:
            raise WeirError(f"{source.connection} must end before the `?`: say what follows in `endpoint.params`, a "
                            "token there or in `client.headers` as ${VARIABLE}")  # fmt: skip
        self.source, self.variable = source, source.token or f"{source.name.upper()}_TOKEN"
        token = os.environ.get(self.variable)
        if source.token and not token:
            raise WeirError(f"{source.token} is not set: put the API's token in .env")
        session = Client(request_timeout=TIMEOUT, request_max_attempts=ATTEMPTS, request_max_retry_delay=LONGEST_WAIT,
                         request_backoff_factor=0.5, raise_for_status=False).session  # fmt: skip
        largest = source.client.get("largest_answer_mb", LARGEST)
        if type(largest) is not int or largest < 1:
            raise WeirError("`client.largest_answer_mb` must be a whole number of megabytes: mend it")
        session.adapters.clear()
        session.mount("", Adapter(url, source.connection, largest))
        self.exactly = exactly
        headers = {name: self._filled(str(text)) for name, text in source.client.get("headers", {}).items()}
        own = any(name.lower() == "authorization" for name in headers)
        self.client = RESTClient(
            base_url=url, headers=headers, auth=BearerTokenAuth(token) if token and not own else None,
            session=session, paginator_factory=Factory(),
        )  # fmt: skip

    def _filled(self, text: str) -> str:
        """The text with `${VARIABLE}` replaced from the environment. Raises WeirError when one is not set."""

        def value(match: re.Match[str]) -> str:
            self.variable = match[1]
            if not os.environ.get(match[1]):
                raise WeirError(f"{match[1]} is not set: put the API's token in .env")
            return os.environ[match[1]]

        if re.search(r"\$\{(?!\w+\})", text):
            raise WeirError("`client.headers` or `params` holds a ${…} that names no variable: a name is of letters, "
                            "digits and _, as in ${HELPDESK_TOKEN}")  # fmt: skip
        filled = re.sub(r"\$\{(\w+)\}", value, text)
        if not re.fullmatch(r"\S[^\r\n\0]*", filled):
            raise WeirError(f"{self.variable} can't be sent in a header, which begins with no blank and holds no line "
                            "break: mend it in .env")  # fmt: skip
        return filled

    def close(self) -> None:
        """Close the connection to the source."""
        self.client.session.close()

    @caused(Cause.SOURCE_ERROR)
    def land(self, table: Table, raw: Raw, state: State, full: bool, progress: Progress) -> tuple[State, State]:
        """Land the objects that are new or changed since the newest cursor less the overlap, or the whole listing."""
        incremental = table.endpoint.get("incremental") or {}
        cursor = incremental.get("cursor_path") or table.cursor
        start = incremental.get("start_param")
        newest: str | None = state.get("cursor")
        full = full or not (start and newest and table.key)
        params: dict[str, Any] = dict(table.endpoint.get("params") or {})
        if start:
            since: Any = incremental.get("initial_value") if full else earlier(str(newest), table.overlap)
            params.update({start: since} if since is not None else {})
        rows, last = self._read(table, raw, cursor, params, progress)
        key = table.key or ["_key"]
        raw.check_null(key, "incoming")
        # objects that an incomplete listing lacks are not taken for deleted
        held, lacking = self._held(raw, key) if full else (False, False)
        upserts, deleted = raw.insert_changes(key, deletes=full and not lacking)
        newest = max([c for c in (newest, last) if c is not None], key=order, default=None)
        facts: dict[str, Any] = {"how": "compare" if full else "cursor", "extracted": rows, "landed": upserts + deleted,
                 "deleted": deleted, "promise": _promise(start, held, lacking)}  # fmt: skip
        facts["source_rows"] = raw.wire.value("select count(*) from incoming") if full and not lacking else None
        facts["how"] = ", ".join([facts["how"], *self.repeats.words()])
        facts["duplicates"] = sum(self.repeats.duplicates.values())
        return facts, {"cursor": newest} if cursor else {"read": True}

    def _read(self, table: Table, raw: Raw, cursor: str | None, params: dict[str, Any], progress: Progress,
              extra: str = "") -> tuple[int, str | None]:  # fmt: skip
        """Read the listing into `incoming`, one row of each key; returns how many objects, and the newest cursor."""
        paths = [*table.key, *([cursor] if cursor and cursor not in table.key else [])]
        fields = [Column(path) for path in paths]
        marks = MARKS if "_error" in raw.names() else []  # an object was in conflict in an earlier landing
        raw.prepare([*fields, Column("document", "jsonb"), *([] if table.key else [Column("_key")]), *marks])
        raw.incoming(f", _n bigint generated always as identity{extra}")
        newest: str | None = None
        kept = Fields(table, cursor)

        def lines() -> Iterator[str]:
            from ingest.connectors.json_text import key_text, safe

            nonlocal newest
            for number, item in enumerate(self._items(table, params), 1):
                cells = [key_text(item, path.split(".")) for path in paths]
                at = key_text(item, cursor.split(".")) if cursor else None
                if at is not None and (newest is None or order(at) > order(newest)):
                    newest = at
                item = kept.trim(item) if kept.trims else item
                text = safe(import_module("simplejson").dumps(item, use_decimal=True))
                cells = [cell if cell is None or not escaped(cell) else visible(cell) for cell in cells]
                yield "\t".join("\\N" if c is None else field(c) for c in [*cells, text]) + "\n"
                if not number % 100:
                    progress(number, 0)

        names = [*(column.name for column in fields), "document"]
        rows = raw.wire.copy_in(None, "incoming", names, blocks(lines()))
        self.repeats = Repeats()
        if table.key:
            self.repeats = settle(raw, table.key, cursor, table.repeats == "last")
        else:
            keyed_by_content(raw)
        return rows, newest

    def _items(self, table: Table, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        from dlt.common import jsonpath
        from requests import HTTPError

        from ingest.connectors.rest.listing import Listing

        no_json: type[ValueError] = import_module("simplejson").JSONDecodeError
        endpoint = table.endpoint
        unknown = endpoint.keys() - _ENDPOINT
        if unknown:
            raise WeirError(f"`endpoint` has no {min(unknown)!r} here; it has {', '.join(sorted(_ENDPOINT))}: mend it")
        selector = endpoint.get("data_selector")
        path = str(endpoint.get("path") or table.origin or table.name)
        paging: Any = endpoint.get("paginator") or self.source.client.get("paginator")
        start = (endpoint.get("incremental") or {}).get("start_param")
        listing = self.listing = Listing(paging, path, whole=not start)
        try:
            pages = self.client.paginate(
                path.lstrip("/"),
                params={n: self._filled(v) if isinstance(v, str) and "${" in v else v for n, v in params.items()},
                paginator=listing.paginator,
                data_selector=selector,
                hooks={"response": [self.exactly, listing.ended, _raise_for_status]},
            )
            seen: set[int] = set()
            again = 0
            for page in pages:
                listing.page(page)
                mark = hash(repr(list(page)) if page else (page.response.request.url, page.response.request.body))
                again = again + 1 if mark in seen else 0
                seen.add(mark)
                if again == REPEATS:
                    raise WeirError(f"{path} lists the same pages again and again: mend `paginator`")
                if selector and not jsonpath.find_values(selector, page.response.json()):
                    raise WeirError(f"{path} answers without {selector!r}: mend `data_selector`")
                if not page and _says_error(page.response.json()):
                    raise WeirError(f"{path} answers {page.response.status_code} with an error in it and no objects: "
                                    "run again, or ask the API's people; nothing landed")  # fmt: skip
                for item in page:
                    if not isinstance(item, dict):
                        raise WeirError(f"{path} lists {type(item).__name__}s, not objects: mend `data_selector`")
                    yield item
            listing.refuse_incomplete()
        except HTTPError as fault:
            status = fault.response.status_code
            hint = self._hint(status)
            raise WeirError(f"{path} answered {status}, {hint}", cause=_cause(status)) from None
        except (no_json, UnicodeDecodeError, RecursionError) as fault:
            raise WeirError(f"{path} answers with no JSON that can be read ({fault}): check the address") from None
        except (ValueError, AttributeError, TypeError) as fault:
            text = f"{type(fault).__name__}: {fault}"
            raise WeirError(f"{path} answers what its paginator does not expect ({text}): mend `paginator`") from None

    def _held(self, raw: Raw, key: list[str]) -> tuple[bool, bool]:
        """Whether the rows were compared with a total that the API gave, and whether the listing may be incomplete."""
        total = self.listing.total
        if total is None:
            return False, self.listing.cut
        count = raw.wire.value(f"select count(*) from (select distinct {listed(key)} from incoming) k")
        return True, self.listing.cut or self.listing.moved or count != total

    def _hint(self, status: int) -> str:
        if status in {401, 403}:
            return f"refused: check the token in {self.variable}"
        if status == 404:
            return "there is no such path: mend `endpoint.path`"
        return "the API can't serve now: try later" if status == 429 or status >= 500 else "mend `endpoint`"

    def read_all(self, table: Table, raw: Raw, state: State) -> tuple[list[str], str]:
        """Read the whole listing into `incoming`."""
        incremental = table.endpoint.get("incremental") or {}
        cursor = incremental.get("cursor_path") or table.cursor
        params = dict(table.endpoint.get("params") or {})
        if incremental.get("start_param") and incremental.get("initial_value") is not None:
            params[incremental["start_param"]] = incremental["initial_value"]
        self._read(table, raw, cursor, params, lambda rows, size: None, ", _dlt_new boolean")
        return table.key or ["_key"], "as received"


def _cause(status: int) -> Cause:
    known = {401: Cause.SOURCE_PASSWORD, 403: Cause.SOURCE_PASSWORD, 404: Cause.TABLE_GONE, 429: Cause.SOURCE_LIMIT}
    return known.get(status, Cause.SOURCE_ERROR)


def _promise(start: Any, held: bool, lacking: bool) -> str:
    if start or lacking:
        return "as received"
    return "exact, held against its total" if held else "exact"


def _raise_for_status(response: Any, *_: Any, **__: Any) -> None:
    response.raise_for_status()


def _says_error(answer: Any) -> bool:
    """Whether the answer reports an error, whatever its status."""
    return isinstance(answer, dict) and any(answer.get(name) for name in ("error", "errors"))
