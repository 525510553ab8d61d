"""The rows of a query as the server writes them by COPY: blocks of whole rows, as fast as psql takes them.

In: a connection inside a transaction, a COPY statement. Out: blocks of bytes. psycopg's own reading costs a Python
generator per row; here each row is one call in C.
"""

import select
from collections.abc import Iterator

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn

BLOCK = 1 << 20


class Rows:
    """The rows of a COPY … TO STDOUT. `seen` is the number of rows that were handed over so far."""

    def __init__(self, connection: psycopg.Connection, statement: bytes) -> None:
        self.seen = 0
        self._connection, self._statement = connection, statement

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """Blocks of whole rows, of about `size` bytes. Raises psycopg.Error."""
        pgconn = self._connection.pgconn
        pgconn.send_query(self._statement)
        _answer(pgconn, ExecStatus.COPY_OUT)
        take, parts, held = pgconn.get_copy_data, [], 0
        while True:
            length, row = take(1)
            if length > 0:
                parts.append(row)
                held += length
                if held >= size:
                    self.seen += len(parts)
                    yield b"".join(parts)
                    parts, held = [], 0
            elif length == 0:
                _wait(pgconn)
            else:
                break
        if parts:
            self.seen += len(parts)
            yield b"".join(parts)
        _answer(pgconn, ExecStatus.COMMAND_OK)
        while pgconn.get_result() is not None:
            pass


def _answer(pgconn: PGconn, wanted: ExecStatus) -> None:
    while pgconn.is_busy():
        _wait(pgconn)
    result = pgconn.get_result()
    if result is None or result.status != wanted:
        while pgconn.get_result() is not None:
            pass
        if result is None:
            raise psycopg.OperationalError("the server gave no answer")
        raise error_from_result(result)


def _wait(pgconn: PGconn) -> None:
    """Wait until the server has sent something; Ctrl-C ends the wait."""
    select.select([pgconn.socket], [], [], 1)
    pgconn.consume_input()
