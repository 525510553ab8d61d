"""dbt's docs of target prod, as readers see it: dbt makes them, and a small server of Weir's serves them until Ctrl-C.

In: the project and the warehouse. Out: pages in `home()/target/prod-docs`. Alone: `weir docs`.
"""

import functools
import os
import signal
import subprocess
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from weir.core import terminal
from weir.core.env import load_project
from weir.core.errors import WeirError


class _Pages(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer a browser on this machine; refuse a page of another name that was made to lead here."""
        if urlsplit(f"//{self.headers.get('Host', '')}").hostname not in {"127.0.0.1", "localhost"}:
            self.send_error(403, "ask for 127.0.0.1 or localhost")
        else:
            super().do_GET()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing."""


def make_docs(port: int, serve: bool) -> int:
    """Make the docs, and serve them on the loopback port; returns dbt's exit code, or 0 after Ctrl-C.

    Raises WeirError when the port is taken, before anything is made.
    """
    from weir.dbt.environment import export_paths

    load_project()
    if not serve:
        return _generate()
    export_paths("prod", docs=True)
    folder = Path(os.environ["DBT_TARGET_PATH"])
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), functools.partial(_Pages, directory=str(folder)))
    except (OSError, OverflowError) as fault:
        raise WeirError(
            f"port {port} can't be used ({getattr(fault, 'strerror', None) or fault}): another program may listen "
            f"there; end that one, or name another port by weir docs --port {min(port, 65534) + 1}"
        ) from None
    with server:
        code = _generate()
        if code:
            return code
        terminal.say(f"dbt docs: http://127.0.0.1:{port} (Ctrl-C ends it)", style="bold")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            terminal.say("dbt docs are no longer served.")
    return 0


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
