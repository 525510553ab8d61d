"""The rows of a query as the server writes them by COPY: blocks of whole rows, as fast as psql takes them.

In: an address, the snapshot of another session, a query. Out: blocks of bytes. asyncpg hands over whole buffers
from C, in a fifth of the time that a call per row takes; its faults become those of psycopg, which all else here knows.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg

from weir.warehouse.wire_address import asyncpg_address

BLOCK = 1 << 20
_AHEAD = 4  # blocks that may wait for the writer


class Rows:
    """The rows of a COPY … TO STDOUT. `bytes` says how much was handed over so far, `rows` how many there were."""

    def __init__(self, url: str, snapshot: str, settings: Mapping[str, str], query: str, form: str) -> None:
        self.rows = self.bytes = 0
        self._url, self._snapshot, self._settings = url, snapshot, settings
        self._query, self._form = query, form

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """Blocks of whole rows, of about `size` bytes. Raises psycopg.Error."""
        loop = asyncio.new_event_loop()
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(_AHEAD)
        producing = loop.create_task(self._produce(queue, size))
        try:
            while (block := loop.run_until_complete(queue.get())) is not None:
                self.bytes += len(block)
                yield block
            self.rows = loop.run_until_complete(producing)
        finally:
            producing.cancel()
            while not queue.empty():  # so that it can end
                queue.get_nowait()
            loop.run_until_complete(asyncio.gather(producing, return_exceptions=True))
            loop.close()

    async def _produce(self, queue: asyncio.Queue[bytes | None], size: int) -> int:
        """Put the blocks in the queue, None behind the last one; returns the number of rows."""
        import asyncpg

        held: list[bytes] = []
        length = 0

        async def take(data: bytes) -> None:
            nonlocal length
            held.append(data)
            length += len(data)
            if length >= size:
                await queue.put(b"".join(held))
                held.clear()
                length = 0

        connection: Any = None
        try:
            address, secure = asyncpg_address(self._url, "WAREHOUSE_URL")
            named = {"application_name": "weir export"}
            connection = await asyncpg.connect(
                address, timeout=15, statement_cache_size=0, server_settings=named, **secure
            )
            await connection.execute("begin isolation level repeatable read read only")
            await connection.execute(f"set transaction snapshot '{self._snapshot}'")
            for name, value in self._settings.items():
                await connection.execute("select set_config($1, $2, true)", name, value)
            tag = await connection.copy_from_query(self._query, output=take, format=self._form)
            if held:
                await queue.put(b"".join(held))
            return int(tag.rsplit(" ", 1)[-1])
        except asyncpg.PostgresError as fault:
            raise psycopg.errors.lookup(fault.sqlstate or "XX000")(str(fault)) from None
        except (OSError, asyncpg.InterfaceError) as fault:
            raise psycopg.OperationalError(f"the server closed the connection: {fault}") from None
        finally:
            if connection:
                connection.terminate()
            await queue.put(None)
