"""One small server for what a browser shows: the portal, dbt's docs of target prod, what the gates found; until Ctrl-C.

In: the project and the warehouse. Out: the portal anew, dbt's pages in `home()/target/prod-docs`, and `/`, `/dbt/` and
`/data_docs/` on a loopback port. Alone: `weir docs`.
"""

import os
import posixpath
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from weir.core import terminal
from weir.core.env import load_project
from weir.core.errors import WeirError
from weir.core.faults import one_line
from weir.core.settings import home

_NOT_YET = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Weir</title>"
    "<p>This page is not made yet. dbt docs take some seconds after <code>weir docs</code> was typed; the portal and "
    "what the gates found come with the first run. Load the page again."
)


def places() -> dict[str, Path]:
    """The folder behind each part of the address; the empty part is the portal's."""
    docs = Path(os.environ.get("DBT_TARGET_PATH") or home() / "target" / "prod-docs")
    return {"dbt": docs, "data_docs": home() / "data_docs", "": home() / "portal"}


class _Pages(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer a browser on this machine; refuse a page of another name that was made to lead here."""
        self._if_mine(super().do_GET)

    def do_HEAD(self) -> None:
        """The same without the page itself."""
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
        folder = Path(self.translate_path(self.path)).parent
        if code == 404 and folder in places().values() and not (folder / "index.html").exists():
            self._say(503)
        else:
            super().send_error(code, message, explain)

    def end_headers(self) -> None:
        """Let no browser keep a page that the next run writes anew."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing."""

    def _if_mine(self, answer: Callable[[], None]) -> None:
        if urlsplit(f"//{self.headers.get('Host', '')}").hostname not in {"127.0.0.1", "localhost"}:
            super().send_error(403, "ask for 127.0.0.1 or localhost")
        else:
            answer()

    def _say(self, code: int) -> None:
        page = _NOT_YET.encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)


def open_server(port: int) -> ThreadingHTTPServer:
    """A server of the pages on the loopback port, which answers once `serve_forever` is called.

    Raises WeirError when the port is taken.
    """
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), _Pages)
    except (OSError, OverflowError) as fault:
        raise WeirError(
            f"port {port} can't be used ({getattr(fault, 'strerror', None) or fault}): another program may listen "
            f"there; end that one, or name another port by weir docs --port {min(port, 65534) + 1}"
        ) from None


def make_docs(port: int, serve: bool) -> int:
    """Write the portal and make dbt's docs; with `serve` serve them on the port. Returns dbt's exit code, or 0.

    The portal is served from the beginning; dbt's docs, which take some seconds, follow. Raises WeirError when the
    port is taken, before anything is made.
    """
    from weir.dbt.environment import export_paths

    load_project()
    if not serve:
        _write_portal()
        return _generate()
    export_paths("prod", docs=True)
    with open_server(port) as server:
        _write_portal()
        served = threading.Thread(target=server.serve_forever, daemon=True)
        served.start()
        terminal.say(f"Portal: http://127.0.0.1:{server.server_port} (Ctrl-C ends it)", style="bold")
        sys.stdout.flush()
        code = 0
        try:
            code = _generate()
            if code:
                terminal.warn("dbt docs could not be made: the portal is served without them")
            else:
                terminal.say(f"dbt docs: http://127.0.0.1:{server.server_port}/dbt/", style="bold")
            sys.stdout.flush()
            while served.is_alive():
                served.join(3600)
        except KeyboardInterrupt:
            terminal.say("The portal and dbt docs are no longer served.")
        finally:
            server.shutdown()
    return code


def _write_portal() -> None:
    """Write the portal of now; a fault costs a yellow line, and the page of the last run stays."""
    from flows import server
    from weir.portal import site

    try:
        _, faults = site.write(server.ui())
    except Exception as fault:
        terminal.warn(f"portal: {one_line(fault)}")
        return
    for each in faults:
        terminal.warn(f"portal: {each}")


def _generate() -> int:
    """Make the docs; Ctrl-C ends dbt without output of its own."""
    from weir.dbt.environment import handed_to_dbt

    # the warning that Python prints when dbt is ended
    quiet = {"PYTHONWARNINGS": "ignore:resource_tracker:UserWarning"}
    # dbt inherits this: Weir ends dbt, so that dbt prints no traceback
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        command = [sys.executable, "-m", "cli.dbt", "docs", "generate", "--target", "prod"]
        child = subprocess.Popen(command, env=handed_to_dbt(**quiet))
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        return child.wait()
    except BaseException:
        child.terminate()
        child.wait()
        raise
