"""A web server of a test's own, on a free port of the loopback: `with api(answer) as server: …`.

`answer(server, path, query)` gives status, headers and a body (bytes, or what is then written as JSON); `server.asked`
holds each request's path with its headers.
"""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append((self.path, dict(self.headers)))
        parts = urlsplit(self.path)
        status, headers, body = server.answer(server, parts.path, dict(parse_qsl(parts.query)))
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def api(answer: Callable[..., tuple[int, dict[str, Any], Any]]) -> Iterator[Any]:
    """The server; `url` is its address."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.answer, server.asked, server.url = answer, [], f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
