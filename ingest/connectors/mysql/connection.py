"""Connections to MySQL or MariaDB that stream: rows are read from the socket, one block in memory at a time.

In: a mysql:// URL and queries. Out: the rows of a query, as packets of the protocol. pymysql opens the connection and
sends the queries; the rows of a large answer are cut from its socket here, because its cursor takes three times the
CPU.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pymysql
from pymysql.constants import CLIENT

from ingest.connectors.mysql.faults import refused, translated
from weir.core import tls
from weir.core.errors import WeirError
from weir.project.plan import Source

GREETING = 15  # seconds that a server may take to greet us: a server of another kind would wait for us
PAUSE = 600  # seconds that a source may be silent
_LAST, _NULL, _FAULT = 254, 251, 255
_MORE = 0xFFFFFF  # a packet of this size is continued by the next one


# options of drivers that decode text, such as charset, have no effect here: the session is utf8mb4
OPTIONS = ["unix_socket", "charset", "connect_timeout"]


class _Connection(pymysql.Connection):
    """A connection that ends before it names the account, if the server is too old or lacks the TLS asked for."""

    required = offered = False

    def _request_authentication(self) -> None:
        kind, oldest = ("MariaDB", (10, 0)) if "MariaDB" in self.server_version else ("MySQL", (5, 6))
        # MariaDB calls itself 5.5.5-10.11.6-MariaDB here, for old clients
        found = re.match(r"(?:5\.5\.5-)?(\d+)\.(\d+)", self.server_version)
        if found and (int(found[1]), int(found[2])) < oldest:
            raise WeirError(f"the server is {kind} {found[1]}.{found[2]}, too old to give a snapshot: {oldest[0]}."
                            f"{oldest[1]} is the oldest that lands")  # fmt: skip
        self.offered = bool(self.server_capabilities & CLIENT.SSL)
        if self.required and not self.offered:
            raise pymysql.err.OperationalError(2026, "the server offers no encryption")
        super()._request_authentication()


class Wire:
    """One connection, with session settings that make a query mean the same on every server."""

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
        with translated(source):
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
            # sql_mode comes first. The server must not hang up while it waits for a slow warehouse.
            self.run("SET SESSION sql_mode = ''")
            self.run(
                "SET SESSION time_zone = '+00:00', net_write_timeout = 3600, wait_timeout = 28800 "
                "/*M!100300 , idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0 */"
            )
            # a smaller limit would leave rows out
            self.run(f"SET SESSION sql_select_limit = {2**64 - 1}, sql_big_selects = 1")
            self.run(f"SET SESSION lock_wait_timeout = {self.LOCK}")
            self.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def close(self) -> None:
        """Close at once."""
        self.connection._force_close()

    def snapshot(self) -> None:
        """Begin the transaction: all queries from now on see the source at this moment."""
        self.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    def run(self, query: str) -> None:
        """Run the statement."""
        with translated(self.source):
            self.connection.query(query)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query with a small answer."""
        with translated(self.source), self.connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def value(self, query: str) -> Any:
        """The first column of the query's first row."""
        return self.rows(query)[0][0]

    def text(self, value: str) -> str:
        """The text as a literal that means the same in every sql_mode."""
        return f"CONVERT(0x{value.encode().hex()} USING utf8mb4)" if value else "_utf8mb4''"

    def packets(self, query: str) -> Iterator[bytes]:
        """The rows of a query, each as a packet of the protocol."""
        with translated(self.source):
            self.connection.query(query, unbuffered=True)
            self.connection._result.unbuffered_active = False  # the rows are read from the socket below, not by pymysql
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
