"""PostgreSQL servers of a test's own, to kill, to replicate, to set otherwise: from the wheel that Weir embeds.

`with postgres() as primary, standby(primary) as copy: …`; each has a temporary data folder and a free loopback port,
and is gone with its process.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from tests.servers.folders import claimed, die_with_parent
from weir.core.ports import free_port
from weir.core.settings import home
from weir.warehouse.embedded import programs

PASSWORD = "weir-test"
_SETTINGS = {
    "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "full_page_writes": "off",
    "wal_level": "replica", "max_connections": "100", "max_prepared_transactions": "50", "hot_standby_feedback": "on",
    "max_wal_senders": "5", "wal_keep_size": "512MB", "shared_buffers": "128MB", "max_wal_size": "2GB",
    "wal_receiver_status_interval": "1s", "log_min_messages": "fatal",
}  # fmt: skip


class Server:
    """One server; `url` names its database `postgres`."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.data, self.settings, self.port = folder / "data", settings, free_port()
        self.url = f"postgresql://weir:{PASSWORD}@127.0.0.1:{self.port}/postgres"
        self.process: subprocess.Popen[bytes] | None = None

    def connect(self, **options: Any) -> psycopg.Connection:
        """A connection of the administrator's, committing by itself."""
        return psycopg.connect(self.url, **{"autocommit": True, "connect_timeout": 5, **options})

    def start(self) -> None:
        """Start the server and wait until it answers. Raises RuntimeError with the end of its log."""
        words = [str(programs.folder() / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        words += [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        user = programs.as_user()
        log = self.data.with_name("server.log")
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                words, cwd="/", stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=die_with_parent, **user
            )
        for _ in range(300):
            with contextlib.suppress(psycopg.OperationalError):
                self.connect().close()
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL did not start: " + log.read_text(errors="replace")[-600:])

    def kill(self, kind: int = signal.SIGQUIT) -> None:
        """End the server, by default at once and with nothing written: its next start recovers, as from a crash."""
        if self.process:
            self.process.send_signal(kind)
            self.process.wait(60)
            self.process = None


@contextlib.contextmanager
def postgres(**settings: str) -> Iterator[Server]:
    """A fresh server with the settings."""
    with _server(settings) as server:
        word = server.data.with_name("password")
        word.write_text(PASSWORD)
        _own(word)
        _run("initdb", "-D", server.data, "-U", "weir", "--pwfile", word, "--auth=scram-sha-256", "--encoding=UTF8",
             "--locale=C", "--no-sync", "--no-instructions")  # fmt: skip
        server.start()
        yield server


@contextlib.contextmanager
def standby(primary: Server, **settings: str) -> Iterator[Server]:
    """A streaming standby of the primary."""
    with _server(settings) as server:
        _run("pg_basebackup", "-D", server.data, "-d", primary.url, "-R", "--no-sync", "--checkpoint=fast")
        server.start()
        yield server


@contextlib.contextmanager
def _server(settings: dict[str, str]) -> Iterator[Server]:
    folder = claimed("weir-postgres-")
    server = Server(folder, _SETTINGS | settings)
    server.data.mkdir(mode=0o700)
    _own(server.data)
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: object) -> None:
    home().mkdir(parents=True, exist_ok=True)
    if programs.is_root() and subprocess.run(["id", "pgserver"], capture_output=True).returncode:
        subprocess.run(["useradd", "--system", "-s", "/bin/false", "pgserver"], check=True)
    done = programs.run(program, *arguments)
    if done.returncode:
        raise RuntimeError(f"{program}: {done.stdout[-600:]}")


def _own(path: Path) -> None:
    if programs.is_root():
        shutil.chown(path, "pgserver", "pgserver")


def caught_up(primary: Server, copy: Server, seconds: float = 60) -> None:
    """Wait until the standby has replayed all that the primary has written. Raises TimeoutError."""
    with primary.connect() as here, copy.connect() as there:
        (end,) = here.execute("select pg_current_wal_flush_lsn()::text").fetchone() or ("",)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if there.execute("select pg_last_wal_replay_lsn() >= %s::pg_lsn", [end]).fetchone() == (True,):
                return
            time.sleep(0.05)
    raise TimeoutError(f"the standby on port {copy.port} did not catch up in {seconds} s (pid {os.getpid()})")
