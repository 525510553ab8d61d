"""A real PgBouncer before a PostgreSQL server: `with pgbouncer(url, pool_mode="transaction") as pooled: …`.

`pooled` is the same address through the pooler, on a free port of the loopback. Its program is used where it is there,
else installed by apt-get; where that can't be, one line says what to install.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.servers.folders import claimed, die_with_parent
from weir.core.ports import free_port

DROPPED = "options,search_path,IntervalStyle,bytea_output,extra_float_digits,idle_in_transaction_session_timeout,"
DROPPED += "statement_timeout,lock_timeout,client_min_messages,synchronous_commit"


@contextlib.contextmanager
def pgbouncer(url: str, **settings: Any) -> Iterator[str]:
    """The address of the server at the URL, through a pooler with the settings."""
    program = _program()
    folder = claimed("weir-pgbouncer-")
    parts, port = urlsplit(url), free_port()
    user = {"user": "nobody"} if os.getuid() == 0 else {}
    lines = {"listen_addr": "127.0.0.1", "listen_port": port, "auth_type": "any", "unix_socket_dir": "",
             "logfile": folder / "log", "pidfile": folder / "pid", **settings}  # fmt: skip
    account = f"user={unquote(parts.username or '')} password='{unquote(parts.password or '')}'"
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={parts.hostname} port={parts.port} {account}\n[pgbouncer]\n"
        + "".join(f"{name} = {value}\n" for name, value in lines.items())
    )
    if user:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        os.chown(folder / "pgbouncer.ini", nobody.pw_uid, nobody.pw_gid)
    process = subprocess.Popen([program, str(folder / "pgbouncer.ini")], cwd="/", stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent,
                               **user)  # fmt: skip
    try:
        _wait(process, port, folder)
        place = parts.netloc.rpartition("@")[0]
        yield parts._replace(netloc=f"{place}@127.0.0.1:{port}").geturl()
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], port: int, folder: Any) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    log = folder / "log"
    raise RuntimeError("PgBouncer did not start: " + (log.read_text()[-600:] if log.exists() else "no log"))


def _program() -> str:
    """The path of the program, installed where it is absent."""
    found = _found()
    if not found and shutil.which("apt-get"):
        sudo = [] if os.getuid() == 0 else ["sudo", "-n"]
        # The package would start a pooler of its own at the standard port: not wanted.
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        for words in ("update -qq", "install -y -qq --no-install-recommends pgbouncer"):
            with contextlib.suppress(OSError):
                subprocess.run([*sudo, "apt-get", *words.split()], env=env, capture_output=True)
        found = _found()
    if not found:
        raise RuntimeError("there is no PgBouncer for the tests: install pgbouncer")
    return found


def _found() -> str | None:
    return shutil.which("pgbouncer") or next((p for p in ("/usr/sbin/pgbouncer",) if os.path.exists(p)), None)
