"""A connection to MySQL or MariaDB that streams: rows as the server sends them, nothing kept but a block of them.

In: a mysql:// URL and queries. Out: blocks of COPY text. pymysql makes the connection and speaks for it; the rows of a
large answer are cut from its socket here, as a cursor spends three times the CPU on each.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pymysql

from ingest.connectors.mysql_faults import told
from ingest.plan import Source
from weir.settings import WeirError

GREETING = 15  # seconds that a server may take to let us in: one of another kind waits for us to speak
PAUSE = 600  # seconds that a source may be silent
_LAST, _NULL, _FAULT = 254, 251, 255
_MORE = 0xFFFFFF  # the size of a packet that the next one continues


class Wire:
    """One connection, its session set so that a query means the same on every server."""

    LOCK = 10  # seconds to wait for a table that is being altered or is locked

    def __init__(self, source: Source, url: str) -> None:
        parts = urlsplit(url)
        database, options = unquote(parts.path.lstrip("/")), dict(parse_qsl(parts.query))
        if not (parts.hostname or "unix_socket" in options) or not database:
            raise WeirError(
                f"{source.connection} must name a server and a database, as in mysql://user@host:3306/database"
            )
        secure: dict[str, Any] = {"unix_socket": options.get("unix_socket"), "ssl_ca": options.get("ssl_ca")}
        secure |= {"ssl_verify_identity": True} if secure["ssl_ca"] else {}
        secure |= {"ssl": {"check_hostname": False}} if options.get("ssl", "").lower() in {"1", "true"} else {}
        self.source = source
        with told(source):
            try:
                self.connection = pymysql.connect(
                    host=parts.hostname, port=parts.port or 3306, database=database, charset="utf8mb4",
                    user=unquote(parts.username or ""), password=unquote(parts.password or ""),
                    connect_timeout=GREETING, read_timeout=GREETING, write_timeout=60, program_name="weir", **secure,
                )  # fmt: skip
            except pymysql.err.OperationalError as fault:
                if fault.args[0] != 2013:
                    raise
                raise pymysql.err.OperationalError(2003, "what answers there is no MySQL server") from None
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
