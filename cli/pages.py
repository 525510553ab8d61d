"""One small server of the pages for a browser on this machine: the portal, dbt's docs, what the gates found.

In: the folders of `home()`. Out: `/`, `/dbt/` and `/data_docs/` on a loopback port. The portal and what the gates found
ask for a password, for every user of the machine reaches a port.
"""

import os
import posixpath
import secrets
from base64 import b64encode
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from weir.core.env import load_env, write_env
from weir.core.errors import WeirError
from weir.core.settings import home

_NOT_YET = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Weir</title>"
    "<p>This page is not made yet. dbt docs take some seconds after <code>weir docs</code> was typed; the portal and "
    "what the gates found come with the first run. Load the page again."
)
_ASKS = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Weir</title>"
    "<p>The portal has a login: the user is weir, the password is WEIR_PORTAL_PASSWORD of <code>.env</code>. As a file "
    "it needs none: <code>portal/index.html</code> in the home of Weir."
)
USER = "weir"


def places() -> dict[str, Path]:
    """The folder behind each part of the address; the empty part is the portal's."""
    docs = Path(os.environ.get("DBT_TARGET_PATH") or home() / "target" / "prod-docs")
    return {"dbt": docs, "data_docs": home() / "data_docs", "": home() / "portal"}


def password() -> str:
    """The password of the portal and of what the gates found, which `.env` keeps; made when it is asked for first.

    It is none of Prefect's: who may look may not start runs.
    """
    load_env()
    if not os.environ.get("WEIR_PORTAL_PASSWORD"):
        write_env({"WEIR_PORTAL_PASSWORD": secrets.token_urlsafe(18)})
        load_env()
    return os.environ["WEIR_PORTAL_PASSWORD"]


class Pages(ThreadingHTTPServer):
    """The server; it asks for the password wherever figures of the company are."""

    password = ""


class _Page(SimpleHTTPRequestHandler):
    server: Pages

    def do_GET(self) -> None:
        """Answer a browser on this machine; refuse a page of another name that was made to lead here."""
        self._if_mine(super().do_GET)

    def do_HEAD(self) -> None:
        """Answer as to GET, without the page itself."""
        self._if_mine(super().do_HEAD)

    def translate_path(self, path: str) -> str:
        """The file of an address: a part of one of `places`, never beside them."""
        parts = posixpath.normpath(unquote(urlsplit(path).path)).strip("/").split("/")
        known = places()
        folder = known[parts.pop(0)] if parts[0] in known and parts[0] else known[""]
        if any(part.startswith(".") or os.sep in part or "\0" in part for part in parts):
            return str(folder / ".none")
        return str(folder.joinpath(*parts)) + ("/" if path.endswith("/") else "")

    def list_directory(self, path: str | os.PathLike[str]) -> None:
        """No folder is listed."""
        self._say(503 if Path(path) in places().values() else 404)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Say that a page is not made yet, rather than that there is none."""
        folder = Path(self.translate_path(getattr(self, "path", "/"))).parent
        if code == 404 and folder in places().values() and not (folder / "index.html").exists():
            self._say(503)
        else:
            super().send_error(code, message, explain)

    def end_headers(self) -> None:
        """Let no browser keep a page that the next run writes anew, or take a file for what it is not."""
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing."""

    def _if_mine(self, answer: Callable[[], None]) -> None:
        if _host(self.headers.get("Host", "")) not in {"127.0.0.1", "localhost"}:
            super().send_error(403, "ask for 127.0.0.1 or localhost")
        elif self._is_open() or self._knows_password():
            answer()
        else:
            self._say(401)

    def _is_open(self) -> bool:
        """Whether anybody on the machine may see it: dbt's docs hold no value of a row."""
        return Path(self.translate_path(self.path)).is_relative_to(places()["dbt"])

    def _knows_password(self) -> bool:
        kind, _, told = self.headers.get("Authorization", "").partition(" ")
        given = b64encode(f"{USER}:{self.server.password}".encode()).decode()
        return kind.lower() == "basic" and secrets.compare_digest(told.strip().encode(), given.encode())

    def _say(self, code: int) -> None:
        page = (_ASKS if code == 401 else _NOT_YET).encode()
        self.send_response(code)
        if code == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="Weir", charset="UTF-8"')
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)


def _host(told: str) -> str | None:
    """The name in a Host header; None where there is none to read."""
    try:
        return urlsplit(f"//{told}").hostname
    except ValueError:
        return None


def open_server(port: int, password: str) -> Pages:
    """A server of the pages on the loopback port, which answers once `serve_forever` is called.

    Raises WeirError when the port is taken.
    """
    try:
        server = Pages(("127.0.0.1", port), _Page)
    except (OSError, OverflowError) as fault:
        raise WeirError(
            f"port {port} can't be used ({getattr(fault, 'strerror', None) or fault}): another program may listen "
            f"there; end that one, or name another port by weir docs --port {min(port, 65534) + 1}"
        ) from None
    server.password = password
    return server
