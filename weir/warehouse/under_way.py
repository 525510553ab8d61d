"""The holder of the run lock: the run, or the command by hand, that is under way on the warehouse.

In: the server's own list of locks, `ops.runs`. Out: a Holder; `end` ends its process in order. The name of the
lock's session holds process and machine.
"""

import os
import signal
import socket
import time
from dataclasses import dataclass

import psycopg

from weir.core.env import load_env
from weir.core.errors import WeirError
from weir.warehouse import run_lock
from weir.warehouse.connection import connect
from weir.warehouse.embedded.server import running_port

_PATIENCE = 60.0  # seconds that a process may take to end in order


@dataclass(frozen=True)
class Holder:
    """The process that holds the run lock; `run_id` is empty for a command by hand."""

    pid: int
    host: str
    run_id: str = ""

    def __str__(self) -> str:
        where = f"process {self.pid}" + ("" if self.host == socket.gethostname() else f" on {self.host}")
        return f"run {self.run_id} ({where})" if self.run_id else f"a command by hand ({where})"


def holder(connection: psycopg.Connection) -> Holder | None:
    """The holder of the run lock; None where there is none."""
    row = connection.execute(_HOLDER, [run_lock.LOCK_NAME]).fetchone()
    words = row[0].removeprefix(run_lock.LOCK_NAME).split(maxsplit=1) if row else []
    if len(words) != 2 or not words[0].isdigit():
        return None
    pid, host = int(words[0]), str(words[1])
    query = (
        "select run_id from ops.runs where state = 'running' and command = 'run' and pid = %s and host = %s "
        "order by started_at desc"
    )
    run = connection.execute(query, [pid, host]).fetchone()
    return Holder(pid, host, str(run[0]) if run else "")


def now() -> Holder | None:
    """The holder of the run lock; None where there is none, and where the warehouse can't be reached."""
    load_env()
    if not os.environ.get("WAREHOUSE_URL") and running_port() is None:
        return None
    try:
        with connect() as connection:
            return holder(connection)
    except WeirError:
        return None


def end(found: Holder) -> None:
    """End the process in order: rows that landed stay, nothing is published. Raises WeirError when that fails."""
    import psutil

    if found.host != socket.gethostname():
        raise WeirError(f"{found} is under way on another machine: end it there, then type `weir down` again")
    try:
        process = psutil.Process(found.pid)
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _PATIENCE
        while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.1)
        process.kill()
    except psutil.NoSuchProcess:
        pass
    except psutil.AccessDenied:
        raise WeirError(f"{found} belongs to another user: end it as that user, then type `weir down` again") from None
    for _ in range(50):  # the server releases the lock a moment later
        if now() != found:
            return
        time.sleep(0.1)


_HOLDER = """
select a.application_name from pg_locks as l inner join pg_stat_activity as a on l.pid = a.pid
where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and starts_with(a.application_name, %s)
    -- a reader may take any lock and call a session as it likes: only Weir's own sessions, and the run lock itself
    and a.usename in (current_user, 'weir_publisher')
    and (l.classid::bigint << 32) + l.objid::bigint = hashtext('weir run')::bigint
    and l.database = (select oid from pg_database where datname = current_database())"""
