"""A connection to MySQL or MariaDB that streams: rows as the server sends them, nothing kept but a block of them.

In: a mysql:// URL and queries. Out: blocks of COPY text. pymysql makes the connection and speaks for it; the rows of a
large answer are cut from its socket here, as a cursor spends three times the CPU on each.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pymysql
from pymysql.constants import CLIENT

from ingest.connectors.mysql.faults import refused, told
from weir.core import tls
from weir.core.errors import WeirError
from weir.project.sources import Source

GREETING = 15  # seconds that a server may take to let us in: one of another kind waits for us to speak
PAUSE = 600  # seconds that a source may be silent
_LAST, _NULL, _FAULT = 254, 251, 255
_MORE = 0xFFFFFF  # the size of a packet that the next one continues


# charset and the like are of drivers that decode; here all is utf8mb4
OPTIONS = ["unix_socket", "charset", "connect_timeout"]


class _Connection(pymysql.Connection):
    """A connection that says nothing of the account to a server too old, or without the TLS that was asked for."""

    required = offered = False

    def _request_authentication(self) -> None:
        kind, oldest = ("MariaDB", (10, 0)) if "MariaDB" in self.server_version else ("MySQL", (5, 6))
        # MariaDB calls itself 5.5.5-10.11.6-MariaDB here, for old clients' sake
        found = re.match(r"(?:5\.5\.5-)?(\d+)\.(\d+)", self.server_version)
        if found and (int(found[1]), int(found[2])) < oldest:
            raise WeirError(f"the server is {kind} {found[1]}.{found[2]}, too old to give a snapshot: {oldest[0]}."
                            f"{oldest[1]} is the oldest that lands")  # fmt: skip
        self.offered = bool(self.server_capabilities & CLIENT.SSL)
        if self.required and not self.offered:
            raise pymysql.err.OperationalError(2026, "the server offers no encryption")
        super()._request_authentication()


class Wire:
    """One connection, its session set so that a query means the same on every server."""

    LOCK = 10  # seconds to wait for a table that is being altered or is locked

    def __init__(self, source: Source, url: str) -> None:
        parts, asked = urlsplit(url), tls.read(url, source.connection)
        database, options = unquote(parts.path.lstrip("/")), asked.others
        tls.refuse_unknown(options, OPTIONS, source.connection)
        if not (parts.hostname or "unix_socket" in options) or not database:
            raise WeirError(
                f"{source.connection} must name a server and a database, as in mysql://user@host:3306/database"
            )
        self.source = source
        with told(source):
            self.connection = _Connection(
                host=parts.hostname, port=parts.port or 3306, database=database, charset="utf8mb4",
                user=unquote(parts.username or ""), password=unquote(parts.password or ""),
                connect_timeout=GREETING, read_timeout=GREETING, write_timeout=60, program_name="weir",
                unix_socket=options.get("unix_socket"), defer_connect=True,
                ssl=asked.context(source.connection) if asked.level else None,
            )  # fmt: skip
            self.connection.required = (asked.level or 0) > 1 and "unix_socket" not in options
            try:
                self.connection.connect()
            except pymysql.err.OperationalError as fault:
                raise refused(fault, self.connection, source) from None
            self.connection._read_timeout = PAUSE
            # sql_mode first; a server that waits for a slow warehouse must not hang up, a locked table must not hold us
            self.run("SET SESSION sql_mode = ''")
            self.run(
                "SET SESSION time_zone = '+00:00', net_write_timeout = 3600, wait_timeout = 28800 "
                "/*M!100300 , idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0 */"
            )
            self.run(f"SET SESSION sql_select_limit = {2**64 - 1}, sql_big_selects = 1")  # else rows are left out
            self.run(f"SET SESSION lock_wait_timeout = {self.LOCK}")
            self.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")

    def close(self) -> None:
        """Close at once."""
        self.connection._force_close()

    def snapshot(self) -> None:
        """Begin the transaction: what is read from now on is the source at this moment."""
        self.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    def run(self, query: str) -> None:
        """Run the statement."""
        with told(self.source):
            self.connection.query(query)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a small answer."""
        with told(self.source), self.connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def value(self, query: str) -> Any:
        """The first column of the first row."""
        return self.rows(query)[0][0]

    def text(self, value: str) -> str:
        """The text as a literal that means the same in every sql_mode."""
        return f"CONVERT(0x{value.encode().hex()} USING utf8mb4)" if value else "_utf8mb4''"

    def packets(self, query: str) -> Iterator[bytes]:
        """The rows of a query, as the protocol has them."""
        with told(self.source):
            self.connection.query(query, unbuffered=True)
            self.connection._result.unbuffered_active = False  # the rows are ours to read
            read = self.connection._rfile.read
            whole = b""
            while True:
                try:
                    head = read(4)
                    size = head[0] | head[1] << 8 | head[2] << 16
                    row = read(size)
                    first = row[0] if not whole else 0
                except (OSError, IndexError) as fault:
                    raise pymysql.err.OperationalError(2013, f"the connection was lost ({fault})") from None
                if len(row) < size:
                    raise pymysql.err.OperationalError(2013, "the connection was lost")
                if first == _LAST and size < 9:
                    return
                if first == _FAULT:
                    pymysql.err.raise_mysql_exception(row)
                if size == _MORE or whole:
                    whole += row
                    if size == _MORE:
                        continue
                    row, whole = whole, b""
                yield row
