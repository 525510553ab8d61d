"""The server of the embedded warehouse, PostgreSQL 18 on a loopback port: starts, finds and stops it.

In: `home()/warehouse` and `.env` (port and password). Out: a URL. The server runs until `stop`. The wheel's own helper
is not used: it opens a socket that trusts everybody, and for root it opens private folders to everybody.
"""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from weir.core.causes import Cause
from weir.core.env import ONLY, load_env, write_env
from weir.core.errors import WeirError
from weir.core.ports import free_port, is_free
from weir.core.settings import home
from weir.warehouse.embedded import initdb, logs, programs
from weir.warehouse.roles.names import JOURNAL

DATABASE = "weir"
# The embedded server speaks no TLS. Said here, so that a PGSSLMODE of the shell, for other servers, does not count.
PLAIN = "sslmode=disable"
REFUSED = (
    "the embedded warehouse refuses the password in WEIR_PG_PASSWORD: remove that line from .env (and unset it), then "
    "type the same again: a new one is made"
)


def start_server() -> str:
    """Make the embedded warehouse if there is none, start it if it is down; returns its URL.

    Raises WeirError when it can't be made or started.
    """
    with _lock():
        load_env()  # while this process waited, another may have made the server and its password
        data = data_folder()
        programs.check_owner(data)
        password = os.environ.get("WEIR_PG_PASSWORD") or ""
        if not (data / "PG_VERSION").exists():
            password = initdb.make(data)
        elif not password:
            if os.environ.get(ONLY):  # a child that is told no password must not make a new one
                raise WeirError("this process was told no password of the embedded warehouse: type `weir` commands")
            if _running_port(data) is not None:
                stop_server()
            password = initdb.new_password(data)
        port = _running_port(data)
        if port is None:
            port = _start(data)
        if os.environ.get("WEIR_PG_PORT") != str(port):
            write_env({"WEIR_PG_PORT": str(port)})
        return f"postgresql://{initdb.USER}:{password}@127.0.0.1:{port}/{DATABASE}?{PLAIN}"


def stop_server(mode: str = "fast") -> bool:
    """Stop the embedded warehouse in one of pg_ctl's modes; returns whether it was running."""
    data = data_folder()
    if not (data / "postmaster.pid").exists():
        return False
    return programs.run("pg_ctl", "stop", "-D", data, "-m", mode, "-t", "60").returncode == 0


def running_port() -> int | None:
    """The port that the embedded warehouse listens on; None when it is down."""
    return _running_port(data_folder())


@contextmanager
def _lock() -> Iterator[None]:
    """Hold the lock of making and starting the server: one process at a time."""
    try:
        home().mkdir(parents=True, exist_ok=True)
        with (home() / "warehouse.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except OSError as fault:
        raise WeirError(
            f"the embedded warehouse can't use {home()}: {fault.strerror}; free it, or set WEIR_HOME"
        ) from None


def data_folder() -> Path:
    """The data folder: in `home()`, or in /var/lib/weir if root's home is private."""
    if programs.is_root() and not programs.reachable(home() / "warehouse"):
        return programs.SHARED / hashlib.sha256(str(home().resolve()).encode()).hexdigest()[:12]
    return home() / "warehouse"


def _running_port(data: Path) -> int | None:
    """The port of the server on the data folder, by the server's own pid file; None when it is down."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        os.kill(int(lines[0]), 0)
        port, status = int(lines[3]), lines[7].strip()
    except (OSError, ValueError, IndexError):
        return None
    if status != "ready":
        return None
    from psycopg.pq import PGconn, Ping

    answer = PGconn.ping(
        f"host=127.0.0.1 port={port} user={initdb.USER} dbname=postgres connect_timeout=5 {PLAIN}".encode()
    )
    return port if answer == Ping.OK else None


def _start(data: Path) -> int:
    """Start the server on its port of .env, or on a free one; returns the port."""
    wanted = os.environ.get("WEIR_PG_PORT") or ""
    port = int(wanted) if wanted.isdigit() and is_free(int(wanted)) else free_port()
    log = programs.log(data)
    log.touch()
    programs.own(log)
    written, began = log.stat().st_size, time.time()
    for attempt in range(5):
        words = ["start", "-w", "-t", "120", "-D", data, "-l", programs.log(data), "-o", f"-p {port} {logs.OPTIONS}"]
        done = programs.run("pg_ctl", *words)
        if done.returncode == 0:
            _make_database(data, port)
            return port
        if (running := _running_port(data)) is not None:
            return running
        time.sleep(0.5 * (attempt + 1))  # after kill -9 old backends keep the shared memory for a moment
        if not is_free(port):
            port = free_port()
    # Only the lines of this start: before them stands the "is shut down" of the last stop.
    last = [*log.read_bytes()[written:].decode(errors="replace").splitlines(), *logs.faults(data, began)][-3:]
    raise programs.fail(data, "does not start", " ".join(last) or done.stdout)


def _make_database(data: Path, port: int) -> None:
    import psycopg

    for password in _passwords():
        url = f"postgresql://{initdb.USER}:{password}@127.0.0.1:{port}/postgres?{PLAIN}"
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
                if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                    connection.execute(f"create database {DATABASE}")
                return
        except psycopg.OperationalError as fault:
            if "password authentication failed" not in str(fault):
                raise programs.fail(data, "can't be used", str(fault)) from None
    raise WeirError(REFUSED, cause=Cause.WAREHOUSE_PASSWORD)


def _passwords() -> list[str]:
    """The password of `.env`, and that of a change of passwords that was cut short."""
    try:
        journal = json.loads(os.environ.get(JOURNAL) or "{}")
    except ValueError:
        journal = {}
    return [word for word in (os.environ["WEIR_PG_PASSWORD"], journal.get("WEIR_PG_PASSWORD")) if word]
