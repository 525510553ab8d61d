"""Prefect's server on this machine: started once, in a session of its own, and left running until `stop`.

In: `home()/prefect` (its SQLite database, pid file and log), WEIR_PREFECT_PORT and WEIR_PREFECT_PASSWORD in `.env`; or
PREFECT_API_URL, when you have a server of your own. Out: PREFECT_API_URL, PREFECT_API_AUTH_STRING and other settings in
the environment; Prefect reads them at import. Our server answers nobody without the password, and no other origin.
Alone: `weir up`, `weir down`.
"""

import base64
import fcntl
import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.metadata import version
from pathlib import Path

from weir.core.env import QUIET, env_file, load_env, write_env
from weir.core.errors import WeirError
from weir.core.faults import refuse_full_disk
from weir.core.handed import PREFECT_SERVER, handed
from weir.core.ports import free_port, is_free
from weir.core.settings import ROOT, home

# What a flow's process needs; set before Prefect is imported.
_CLIENT = {
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",  # else each event that can't be sent is printed whole
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",  # never a server of its own making
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}
# SQLite under a burst of events answers 503: write task runs in batches, no automations, wait longer for its lock.
_SERVER = {
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
    "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": "60",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
}
_PATIENCE = 120
USER = "weir"


def start() -> str:
    """Take the server that is up, or start it and wait until it answers; returns the address of its API.

    Raises WeirError when it does not start, or when PREFECT_API_URL names one that does not answer.
    """
    launch()
    return ready()


def launch() -> str:
    """Take the server that is up, or start it without waiting; returns the address of its API.

    Raises WeirError when it does not start, or when PREFECT_API_URL names one that does not answer.
    """
    load_env()
    _settings()
    given = os.environ.get("PREFECT_API_URL")
    if given and given != _api(os.environ.get("WEIR_PREFECT_PORT") or ""):
        if not healthy(given):
            raise WeirError(f"Prefect at {given} does not answer: start it, or unset PREFECT_API_URL for our own")
        return given
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        load_env()  # another process may have made the password, and started the server, while this one waited
        _open_with(_password())
        port = os.environ.get("WEIR_PREFECT_PORT") or ""
        if running() is not None and _started_with() != _stamp():
            stop()  # with another password, or of another version
        if running() is None:
            port = port if port.isdigit() and is_free(int(port)) else str(free_port())
            _launch(port)
            if os.environ.get("WEIR_PREFECT_PORT") != port:
                write_env({"WEIR_PREFECT_PORT": port})
    os.environ["PREFECT_API_URL"] = _api(port)
    return _api(port)


def ready() -> str:
    """Wait until the server answers; returns the address of its API. Raises WeirError when it does not."""
    api = os.environ["PREFECT_API_URL"]
    end = time.monotonic() + _PATIENCE
    while not healthy(api):
        if running() is None or time.monotonic() > end:
            tail = " ".join(_log().read_text(errors="replace").split())[-300:] if _log().exists() else ""
            stop()
            refuse_full_disk(home(), tail)
            raise WeirError(f"Prefect's server does not start: {tail or 'it says nothing'} (log: {_log()})")
        time.sleep(0.05)
    return api


def stop() -> bool:
    """End our server; returns whether it was running. A server of your own is left running."""
    pid = running()
    if pid is None:
        return False
    for number, patience in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            break
        end = time.monotonic() + patience
        while time.monotonic() < end and running() is not None:
            time.sleep(0.05)
        if running() is None:
            break
    _pid_file().unlink(missing_ok=True)
    return True


def running() -> int | None:
    """The process id of our server, None when it does not run."""
    import psutil

    try:
        pid = int(_pid_file().read_text().split()[0])
        process = psutil.Process(pid)
        command = process.cmdline()  # empty while it has just begun: the system then has not put it there yet
        ours = not command or "prefect.server.api.server:create_app" in command
        return pid if ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def last_address() -> str:
    """The address of our server, alive or dead; empty where it was never started, or was stopped in order."""
    load_env()
    port, password = os.environ.get("WEIR_PREFECT_PORT") or "", os.environ.get("WEIR_PREFECT_PASSWORD") or ""
    if not (port and password and _pid_file().exists()):
        return ""
    _open_with(password)
    return _api(port)


def healthy(api: str) -> bool:
    """Whether a Prefect server answers at the address. Raises WeirError when it refuses our login."""
    word, key = os.environ.get("PREFECT_API_AUTH_STRING") or "", os.environ.get("PREFECT_API_KEY")
    # Anybody may ask for `health`; the version is for those only who may ask for anything. A cloud has no such page.
    request = urllib.request.Request(f"{api}/health" if key and not word else f"{api}/admin/version")
    if word:
        request.add_header("Authorization", f"Basic {base64.b64encode(word.encode()).decode()}")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            told = json.load(answer)
            return told is True or isinstance(told, str)
    except urllib.error.HTTPError as refusal:
        if refusal.code in {401, 403}:
            raise WeirError(f"Prefect at {api} refuses the login: mend PREFECT_API_AUTH_STRING in .env") from None
        return False
    except (OSError, ValueError):
        return False


def login() -> str:
    """The sentence that says how a person logs in to our server's pages, without the password. Empty for a server of
    your own."""
    if not os.environ.get("PREFECT_SERVER_API_AUTH_STRING"):
        return ""
    return f"its login is {USER}:<password>, the password being WEIR_PREFECT_PASSWORD in {env_file()}"


def ui() -> str:
    """The address of the server's pages; nothing where none was ever started."""
    port = os.environ.get("WEIR_PREFECT_PORT") or ""
    api = os.environ.get("PREFECT_API_URL") or (_api(port) if port else "")
    return os.environ.get("PREFECT_UI_URL") or api.removesuffix("/api")


def _password() -> str:
    """The password of our server, which `.env` keeps; made at the first start. Only under the lock of the server."""
    password = os.environ.get("WEIR_PREFECT_PASSWORD") or ""
    if not password:
        password = secrets.token_urlsafe(24)
        write_env({"WEIR_PREFECT_PASSWORD": password})
    return password


def _open_with(password: str) -> None:
    """Put the password where Prefect's server and clients look for it, whatever stood there for another server."""
    for name in ("PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING"):
        os.environ[name] = f"{USER}:{password}"


def _stamp() -> str:
    """A digest of the settings that a server is started with: a new password or version needs a new server."""
    told = f"{os.environ['PREFECT_SERVER_API_AUTH_STRING']} {version('prefect')}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _started_with() -> str:
    return _pid_file().read_text().split()[-1]


def _settings() -> None:
    """Put what Prefect reads at import into the environment."""
    for name, value in (QUIET | _CLIENT).items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("PREFECT_HOME", str(folder()))


def _launch(port: str) -> None:
    """Start uvicorn on Prefect's factory (2 s less than `prefect server start`) in a session of its own."""
    _log().parent.mkdir(parents=True, exist_ok=True)
    more = {
        "PREFECT_API_URL": _api(port),
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": port,
        "PREFECT_UI_STATIC_DIRECTORY": str(folder() / "ui"),
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"http://127.0.0.1:{port},http://localhost:{port}",
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "prefect.server.api.server:create_app",
               "--host", "127.0.0.1", "--port", port, "--log-level", "warning"]  # fmt: skip
    with _log().open("w") as file:
        process = subprocess.Popen(
            command, env=handed(*PREFECT_SERVER, **_SERVER, **more), stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            start_new_session=True, cwd=ROOT,
        )  # fmt: skip
    _pid_file().write_text(f"{process.pid} {_stamp()}")


def _api(port: str) -> str:
    return f"http://127.0.0.1:{port}/api"


def _log() -> Path:
    return home() / "logs" / "prefect-server.log"


def folder() -> Path:
    """Where Prefect keeps its database and settings."""
    return home() / "prefect"


def _pid_file() -> Path:
    return folder() / "server.pid"
