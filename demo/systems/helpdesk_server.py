"""The helpdesk's HTTP API, from an SQLite file: Bearer token, pages, filter by time of update, and bad moments.

GET /tickets and /satisfaction_ratings, both with `updated_since`, `page`, `per_page`; GET /health.
Bad moments are the same each time, so that tests can rely on them: of every hundred pages the second answers 429 (with
Retry-After) to its first request, and the third 500; both answer the next request well.
Alone: `HELPDESK_TOKEN=… python -m demo.systems.helpdesk_server FILE PORT`.
"""

import json
import os
import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

COLLECTIONS = {"/tickets": ("tickets", "tickets"), "/satisfaction_ratings": ("satisfaction_ratings", "ratings")}
PER_PAGE = 100


class Refusal(Exception):
    """An answer other than 200: status, message, headers."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body in one packet
    disable_nagle_algorithm = True
    timeout = 60
    database = token = ""
    _local = threading.local()
    _bad: set[str] = set()  # the pages that had their bad moment and now answer well
    _lock = threading.Lock()

    def do_GET(self) -> None:
        """Answer a request."""
        headers: dict[str, str] = {}
        try:
            status, body = 200, self._answer()
        except Refusal as refusal:
            status, body, headers = refusal.status, {"error": str(refusal)}, refusal.headers
        except sqlite3.Error as fault:
            status, body = 503, {"error": f"no data: {fault}"}
        content = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def _answer(self) -> dict[str, Any]:
        if self.headers.get("Authorization") != f"Bearer {self.token}":
            raise Refusal(401, "wrong or missing token: send Authorization: Bearer …", WWW_Authenticate="Bearer")
        url = urlsplit(self.path)
        if url.path == "/health":
            return {"demo": "helpdesk", "database": self.database, "pid": os.getpid()}
        if url.path not in COLLECTIONS:
            raise Refusal(404, "there are /tickets and /satisfaction_ratings")
        query = dict(parse_qsl(url.query))
        try:
            page, size = int(query.get("page", 1)), int(query.get("per_page", PER_PAGE))
        except ValueError:
            raise Refusal(400, "page and per_page must be numbers") from None
        if page < 1 or not 1 <= size <= PER_PAGE:
            raise Refusal(400, f"page must be 1 or more, per_page 1 to {PER_PAGE}")
        self._bad_moment(page)
        table, name = COLLECTIONS[url.path]
        since = query.get("updated_since", "")[:19]
        objects, count = self._page(table, since, page, size)
        more = f"{url.path}?{urlencode(query | {'page': page + 1})}" if len(objects) > size else None
        host = self.headers.get("Host", "127.0.0.1")
        next_page = f"http://{host}{more}" if more else None
        return {name: objects[:size], "next_page": next_page, "count": count}

    def _bad_moment(self, page: int) -> None:
        if page % 100 not in (2, 3):
            return
        with self._lock:
            if self.path in self._bad:
                self._bad.remove(self.path)
                return
            self._bad.add(self.path)
        if page % 100 == 2:
            raise Refusal(429, "too many requests: wait a second", Retry_After="1")
        raise Refusal(500, "something went wrong here: ask again")

    def _page(self, table: str, since: str, page: int, size: int) -> tuple[list[Any], int]:
        if not hasattr(self._local, "connection"):
            self._local.connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)
        rows = self._local.connection.execute(
            f"select document from {table} where updated_at >= ? order by updated_at, id limit ? offset ?",
            [since, size + 1, (page - 1) * size],
        ).fetchall()
        (count,) = self._local.connection.execute(
            f"select count(*) from {table} where updated_at >= ?", [since]
        ).fetchone()
        return [json.loads(row[0]) for row in rows], count

    def log_message(self, form: str, *values: Any) -> None:
        """Log one line per request, without headers."""
        sys.stderr.write(f"{self.log_date_time_string()} {form % values}\n")
        sys.stderr.flush()


class Server(ThreadingHTTPServer):
    """A server with a thread per connection and a long queue."""

    daemon_threads = True
    request_queue_size = 64


def main() -> None:
    """Serve the file named on the command line on the loopback port, until stopped."""
    Handler.database, Handler.token = sys.argv[1], os.environ["HELPDESK_TOKEN"]
    Server(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()


if __name__ == "__main__":
    main()
