"""An API lands by cursor with overlap; unchanged objects not again; 429 and 500 are waited out."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

DESK = """
    sources:
      - name: desk
        schema: raw_desk
        config:
          meta:
            connection: DESK_URL
            client:
              headers: {Authorization: "Bearer ${DESK_TOKEN}"}
              paginator: {type: json_link, next_url_path: next_page}
        tables:
          - name: tickets
            config:
              meta:
                key: [id]
                overlap: 1 day
                endpoint:
                  path: tickets
                  params: {per_page: 3}
                  data_selector: tickets
                  incremental: {cursor_path: updated_at, start_param: since, initial_value: "1970-01-01T00:00:00Z"}
"""


class Api(BaseHTTPRequestHandler):
    def do_GET(self):
        api = self.server
        api.seen.append(self.path)
        if self.headers.get("Authorization") != "Bearer s3cret":
            return self.answer(401, b"{}")
        if api.troubles:
            status, headers = api.troubles.pop()
            return self.answer(status, b"no", headers)
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        rows = [t for t in api.tickets if t["updated_at"] >= query.get("since", "")]
        page, size = int(query.get("page", 1)), int(query.get("per_page", 100))
        following = f"{api.url}/tickets?page={page + 1}&per_page={size}&since={query.get('since', '')}"
        more = page * size < len(rows)
        body = {"tickets": rows[(page - 1) * size : page * size], "next_page": following if more else None}
        return self.answer(200, json.dumps(body).replace('"1.10"', "1.10").encode())

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def api(landing, monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.url = f"http://127.0.0.1:{server.server_port}"
    server.seen, server.troubles = [], []
    server.tickets = [
        {"id": i, "updated_at": f"2024-01-{i:02}T00:00:00Z", "v": "1.10", "t": "\0"} for i in range(1, 11)
    ]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("DESK_URL", server.url)
    monkeypatch.setenv("DESK_TOKEN", "s3cret")
    landing.declare(DESK)
    yield server
    server.shutdown()
    server.server_close()


def test_listing_then_overlap_then_deletes_on_full(landing, api):
    event = landing.one().tables[0]
    assert (event.extracted, event.landed) == (10, 10)
    assert landing.rows("select id, updated_at, document->>'v', document->>'t' from raw_desk.tickets limit 1") == [
        ("1", "2024-01-01T00:00:00Z", "1.10", "\\u0000")
    ]
    api.seen.clear()
    event = landing.one().tables[0]
    assert (event.extracted, event.landed, event.how) == (2, 0, "cursor")
    assert "since=2024-01-09T00%3A00%3A00Z" in api.seen[0]
    api.tickets[2] |= {"v": "2", "updated_at": "2024-02-01T00:00:00Z"}
    del api.tickets[4]
    event = landing.one().tables[0]
    assert (event.landed, event.deleted) == (1, 0)
    event = landing.one(full=True).tables[0]
    assert (event.extracted, event.landed, event.deleted) == (9, 1, 1)
    landing.balanced()
    landing.proven()


def test_429_and_500_are_waited_out(landing, api):
    api.troubles = [(500, {}), (429, {"Retry-After": "1"}), (503, {})]
    assert landing.one().tables[0].landed == 10


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"DESK_TOKEN": "wrong"}, "tickets answered 401, refused: check the token in DESK_TOKEN"),
        ({"DESK_TOKEN": ""}, "DESK_TOKEN is not set"),
        ({"data_selector: tickets": "data_selector: things"}, "answers without 'things': mend `data_selector`"),
        ({"key: [id]": "key: [nr]"}, "key names 'nr', which some rows do not have"),
    ],
)
def test_what_is_wrong_is_said(landing, api, monkeypatch, change, says):
    text = DESK
    for name, value in change.items():
        if name in text and ":" in name:
            text = text.replace(name, value)
        else:
            monkeypatch.setenv(name, value)
    landing.declare(text)
    (result,) = landing.land().values()
    assert result.state == "failed" and says in result.message
    assert "s3cret" not in result.message


def test_cursors_and_keys_that_are_decimals(landing, api):
    api.tickets = [{"id": 1.25, "updated_at": f"2024-01-0{n}", "v": "1.10"} for n in (1, 2)]
    assert landing.one().tables[0].landed == 1
    assert landing.rows("select id, updated_at from raw_desk.tickets") == [("1.25", "2024-01-02")]


def test_pages_that_repeat_without_end(landing, api):
    """The API does not know the paginator's parameter, or its link leads back to the same page."""
    link, unknown = (
        "{type: json_link, next_url_path: next_page}",
        "{type: page_number, total_path: null, page_param: p}",
    )
    for paginator in (unknown, link):
        landing.declare(DESK.replace(link, paginator))
        (result,) = landing.land().values()
        assert result.message == "desk.tickets: tickets lists the same pages again and again: mend `paginator`"
        assert len(api.seen) < 20
        api.seen.clear()
        api.url += "/tickets?page=1&per_page=3&"  # what follows in the link has no effect
    assert landing.rows("select count(*) from ops.landings") == [(0,)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("next_url_path: next_page", "next_url_path: tickets"), "what its paginator does not expect"),
        (("path: tickets", "method: POST"), "`endpoint` has no 'method' here; it has data_selector"),
    ],
)
def test_what_the_endpoint_can_not_be_is_said(landing, api, change, says):
    landing.declare(DESK.replace(*change))
    (result,) = landing.land().values()
    assert says in result.message and "\n" not in result.message


def test_an_address_with_a_query_is_refused(landing, api, monkeypatch):
    monkeypatch.setenv("DESK_URL", f"{api.url}/?api_key=s3cret")
    (result,) = landing.land().values()
    assert "DESK_URL must end before the `?`" in result.message and "s3cret" not in result.message
