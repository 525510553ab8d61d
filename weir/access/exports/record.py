"""The record of exports: one row of `ops.exports` each, written before the first byte, ended whatever happens.

In: what was asked. Out: the row. An export whose process is gone is marked crashed by the next one.
"""

import os
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import psutil
import psycopg
from psycopg import sql

from weir import warehouse
from weir.core.errors import WeirError
from weir.core.faults import one_line
from weir.core.secrets import redact

_OPEN = "select export_id, pid from ops.exports where state = 'running' and host = %s"
_END = """
update ops.exports
set ended_at = clock_timestamp(), state = %(state)s, message = %(message)s, rows = %(rows)s, bytes = %(bytes)s,
    digest = %(digest)s
where export_id = %(id)s"""
_CRASHED = "update ops.exports set state = 'crashed' where export_id = any(%s) and state = 'running'"


def user() -> str:
    """The user of the operating system who types this; for root by sudo, also who became root."""
    name = psutil.Process().username()
    became = os.environ.get("SUDO_USER") if os.geteuid() == 0 else None
    return f"{name} (sudo by {became})" if became else name


class Entry:
    """The row of one export. Inside `with`, `begin` makes it; the end of the block says how the export ended."""

    def __init__(self) -> None:
        self.number = 0
        self.found: dict[str, Any] = {}  # rows, bytes and digest, once they are known

    def __enter__(self) -> "Entry":
        return self

    def begin(self, facts: Mapping[str, Any]) -> None:
        """Record the export as running."""
        row = {**facts, "asked_by": user(), "host": socket.gethostname(), "pid": os.getpid()}
        names = sql.SQL(", ").join(map(sql.Identifier, row))
        values = sql.SQL(", ").join(map(sql.Placeholder, row))
        with warehouse.connect() as connection:
            found = connection.execute(_OPEN, [row["host"]]).fetchall()
            connection.execute(_CRASHED, [[export for export, pid in found if not psutil.pid_exists(pid)]])
            query = sql.SQL("insert into ops.exports ({}) values ({}) returning export_id").format(names, values)
            made = connection.execute(query, row).fetchone()
        assert made
        self.number = int(made[0])

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None) -> None:
        if not self.number:
            return
        state = "succeeded" if fault is None else "failed" if isinstance(fault, Exception) else "interrupted"
        values = {"rows": None, "bytes": None, "digest": None, **(self.found if fault is None else {})}
        values |= {"state": state, "id": self.number, "message": None}
        if isinstance(fault, Exception):
            values["message"] = redact(one_line(fault))
        try:
            with warehouse.connect() as connection:
                connection.execute(_END, values)
        except (psycopg.Error, WeirError):
            if fault is None:
                raise
