"""Starts and stops the helpdesk's server: a process of its own on a loopback port that HELPDESK_URL keeps.

Alone: `python -m demo helpdesk start|stop|status`.
"""

import fcntl
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from weir.core.env import load_env, write_env
from weir.core.errors import WeirError
from weir.core.handed import handed
from weir.core.ports import free_port, is_free
from weir.core.settings import ROOT, home

_PATIENCE = 20.0  # seconds for a server on a busy machine to come up


def _folder() -> Path:
    return home() / "demo" / "helpdesk"


def ensure() -> str:
    """Start the server unless it is up; returns its URL, and puts it in the environment and `.env`.

    Raises WeirError when there is no data to serve, HELPDESK_URL is not the demo's, or it does not come up.
    """
    load_env()
    data = _folder() / "helpdesk.db"
    if not data.exists():
        raise WeirError("the demo's helpdesk has no data yet: type `python -m demo make`")
    with _lock():
        url, token = os.environ.get("HELPDESK_URL") or "", os.environ.get("HELPDESK_TOKEN") or ""
        if url and urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
            raise WeirError("HELPDESK_URL is not the demo's: remove it from .env, and the demo's helpdesk will be used")
        if url and token and (_health(url, token) or {}).get("database") == str(data):
            return url
        stop()  # a server with another token, or for other data
        port = urlsplit(url).port if url else None
        if not port or not is_free(port):
            port = free_port()
        url, token = f"http://127.0.0.1:{port}", token or secrets.token_urlsafe(24)
        write_env({"HELPDESK_URL": url, "HELPDESK_TOKEN": token})
        return _start(data, port, url, token)


def _start(data: Path, port: int, url: str, token: str) -> str:
    log = _folder() / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "demo.systems.helpdesk_server", str(data), str(port)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=handed(HELPDESK_TOKEN=token),
        )
    (_folder() / "server.pid").write_text(str(process.pid))
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if _health(url, token):
            return url
        time.sleep(0.03)
    last = (log.read_text(errors="replace").strip().splitlines() or ["nothing in its log"])[-1]
    stop()
    raise WeirError(f"the demo's helpdesk does not start on port {port}: {last}; see {log}")


def stop() -> bool:
    """Stop the server; returns whether it was running."""
    file = _folder() / "server.pid"
    pid = _pid()
    if pid:
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 5
        while _pid() and time.monotonic() < end:
            _reap(pid)
            time.sleep(0.02)
    file.unlink(missing_ok=True)
    return pid is not None


def status() -> dict[str, Any]:
    """Whether the server is up, its URL and process id."""
    load_env()
    url, token = os.environ.get("HELPDESK_URL") or "", os.environ.get("HELPDESK_TOKEN") or ""
    health = _health(url, token) if url and token else None
    return {"up": bool(health), "url": url, "pid": (health or {}).get("pid"), "log": str(_folder() / "server.log")}


def _health(url: str, token: str) -> dict[str, Any] | None:
    """The server's own report; None when it is down, or is not the demo's."""
    request = urllib.request.Request(f"{url}/health", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as answer:
            found = json.load(answer)
    except (OSError, ValueError, urllib.error.URLError):
        return None
    return found if isinstance(found, dict) and found.get("demo") == "helpdesk" else None


def _pid() -> int | None:
    """The id of the process that was started, if it still runs and is the helpdesk's server."""
    import psutil

    try:
        process = psutil.Process(int((_folder() / "server.pid").read_text()))
        command = process.cmdline()  # empty while it has just begun: the system then has not put it there yet
        ours = process.status() != psutil.STATUS_ZOMBIE and (not command or "demo.systems.helpdesk_server" in command)
    except (OSError, ValueError, psutil.Error):
        return None
    return process.pid if ours else None


def _reap(pid: int) -> None:
    """Collect the process if it is a child of this one."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


@contextmanager
def _lock() -> Iterator[None]:
    """Hold the helpdesk's lock, so that two runs do not start two servers."""
    with (_folder() / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
