"""A real MariaDB for the tests: data in a temporary folder, a free port of the loopback, gone with its process.

`MYSQL_TEST_URL` (an account that may create databases and accounts) points the same tests at another server. Without
it the server's program is used where it is there, else installed by apt-get; where that can't be, one line says what
to install. Alone, until Enter is pressed: `python -m tests.servers.mariadb`.
"""

import atexit
import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pymysql

from tests.servers.folders import claimed, die_with_parent

PASSWORD = "weir-test"
_INSTALL = "install mariadb-server (or set MYSQL_TEST_URL to a MariaDB or MySQL whose account may create databases)"


class Server:
    """One server, ours or the one that MYSQL_TEST_URL names."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.process: subprocess.Popen[bytes] | None = None
        self.arguments: list[str] = []

    def connect(self, database: str | None = None, **options: Any) -> pymysql.Connection:
        """A connection of the administrator's, committing by itself."""
        parts = urlsplit(self.url)
        account = {"user": unquote(parts.username or ""), "password": unquote(parts.password or "")}
        where: dict[str, Any] = {"host": parts.hostname, "port": parts.port or 3306, "database": database}
        return pymysql.connect(**{**where, **account, "autocommit": True, "charset": "utf8mb4"} | options)

    def database(self, name: str, options: str = "") -> str:
        """Make the database anew; returns its URL."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"drop database if exists `{name}`")
            cursor.execute(f"create database `{name}` {options}")
        return f"{self.url}/{name}"

    def start(self) -> None:
        """Start our server and wait until it answers."""
        self.process = subprocess.Popen(
            self.arguments, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent
        )
        for _ in range(300):
            with contextlib.suppress(pymysql.err.OperationalError):
                self.connect(read_timeout=5).close()  # whoever took the port meanwhile may wait for us to speak
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        log = Path(self.arguments[2].split("=", 1)[1]) / "server.log"
        raise RuntimeError("MariaDB did not start: " + log.read_text(errors="replace")[-600:])

    def kill(self, kind: int = signal.SIGKILL) -> None:
        """End our server, by default as a crash does."""
        if self.process:
            self.process.send_signal(kind)
            self.process.wait(30)
            self.process = None


@functools.cache
def shared() -> Server:
    """One server for all tests of this process, ended with it."""
    held = contextlib.ExitStack()
    atexit.register(held.close)
    return held.enter_context(mariadb())


@contextlib.contextmanager
def mariadb(*options: str) -> Iterator[Server]:
    """The server of the tests, or one with the options. Raises RuntimeError with what to install."""
    url = os.environ.get("MYSQL_TEST_URL")
    if url and not options:
        yield Server(url)
        return
    program = _program()
    folder = claimed("weir-mariadb-")
    try:
        server = _made(program, folder / "data")
        server.arguments += options
        server.start()
        try:
            yield server
        finally:
            server.kill(signal.SIGTERM)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _made(program: str, data: Path) -> Server:
    """A server with a fresh data folder, not started yet."""
    user = ["--user=root"] if os.getuid() == 0 else []
    data.mkdir(mode=0o700)
    # A server that starts removes what it takes for leftovers in its tmpdir: /tmp is everybody's.
    passing = data.with_name("tmp")
    passing.mkdir(mode=0o700)
    made = subprocess.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--tmpdir={passing}", "--skip-test-db", *user]
        + ["--auth-root-authentication-method=normal"],
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise RuntimeError("MariaDB's data folder could not be made: " + (made.stdout + made.stderr)[-600:])
    (data / "accounts.sql").write_text(
        f"create or replace user weir@'%' identified by '{PASSWORD}';\n"
        "grant all on *.* to weir@'%' with grant option;\n"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(f"mysql://weir:{PASSWORD}@127.0.0.1:{port}")
    server.arguments = [program, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1"]
    # --no-defaults goes first; a socket of its own keeps clear of a server that the machine may run
    server.arguments += [f"--tmpdir={passing}"]
    server.arguments += [f"--socket={data}/s", f"--pid-file={data}/pid", f"--log-error={data}/server.log"]
    server.arguments += [f"--init-file={data}/accounts.sql", "--innodb-flush-log-at-trx-commit=0", *user]
    return server


def _program() -> str:
    """The path of the server's program, installed where it is absent."""
    found = _found()
    if not found and shutil.which("apt-get"):
        sudo = [] if os.getuid() == 0 else ["sudo", "-n"]
        # The package would start a server of its own at the standard port: not wanted.
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends",
                                                       "mariadb-server"]):  # fmt: skip
            with contextlib.suppress(OSError):
                subprocess.run([*sudo, *command], env=env, capture_output=True)
        found = _found()
    if not found:
        raise RuntimeError(f"there is no MariaDB for the tests: {_INSTALL}")
    return found


def _found() -> str | None:
    return shutil.which("mariadbd") or next((p for p in ("/usr/sbin/mariadbd",) if os.path.exists(p)), None)


if __name__ == "__main__":
    with mariadb() as running:
        print(running.url, flush=True)
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            input()
