"""The rows of queries as the server writes them by COPY: blocks of whole rows, as fast as psql takes them.

In: an address, the snapshot of another session, queries. Out: blocks of bytes. asyncpg hands over whole buffers
from C, in a fifth of the time that a call per row takes; its faults become those of psycopg, which all else here knows.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg

from weir.warehouse.wire_address import asyncpg_address

BLOCK = 1 << 20
_AHEAD = 4  # blocks that may wait for the reader


class Stream:
    """A session that reads queries by COPY … TO STDOUT, one after the other. `rows` counts those of the last query."""

    def __init__(self, url: str, snapshot: str, settings: Mapping[str, str], name: str) -> None:
        self.rows = 0
        self._loop = asyncio.new_event_loop()
        self._connection: Any = None
        try:
            with _translated():
                self._loop.run_until_complete(self._open(url, snapshot, settings, name))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_fault: object) -> None:
        self.close()

    def blocks(self, query: str, size: int = BLOCK, **form: Any) -> Iterator[bytes]:
        """Blocks of whole rows, of about `size` bytes; `form` are options of COPY as asyncpg names them.

        Raises psycopg.Error. A reader that stops halfway must close the session.
        """
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(_AHEAD)
        producing = self._loop.create_task(self._produce(queue, query, size, form))
        try:
            while (block := self._loop.run_until_complete(queue.get())) is not None:
                yield block
            with _translated():
                self.rows = self._loop.run_until_complete(producing)
        finally:
            producing.cancel()
            while not queue.empty():  # so that it can end
                queue.get_nowait()
            self._loop.run_until_complete(asyncio.gather(producing, return_exceptions=True))

    def close(self) -> None:
        """End the session at once."""
        if self._loop.is_closed():
            return
        if self._connection:
            self._connection.terminate()
            self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _open(self, url: str, snapshot: str, settings: Mapping[str, str], name: str) -> None:
        import asyncpg

        address, secure = asyncpg_address(url, "WAREHOUSE_URL")
        named = {"application_name": name}
        self._connection = await asyncpg.connect(
            address, timeout=15, statement_cache_size=0, server_settings=named, **secure
        )
        await self._connection.execute("begin isolation level repeatable read read only")
        await self._connection.execute(f"set transaction snapshot '{snapshot}'")
        for setting, value in settings.items():
            await self._connection.execute("select set_config($1, $2, true)", setting, value)

    async def _produce(self, queue: asyncio.Queue[bytes | None], query: str, size: int, form: dict[str, Any]) -> int:
        """Put the blocks in the queue, None behind the last one; returns the number of rows."""
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

        try:
            tag = await self._connection.copy_from_query(query, output=take, **form)
            if held:
                await queue.put(b"".join(held))
            return int(tag.rsplit(" ", 1)[-1])
        finally:
            await queue.put(None)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn faults of asyncpg into those of psycopg."""
    import asyncpg

    try:
        yield
    except asyncpg.PostgresError as fault:
        raise psycopg.errors.lookup(fault.sqlstate or "XX000")(str(fault)) from None
    except (OSError, asyncpg.InterfaceError) as fault:
        raise psycopg.OperationalError(f"the server closed the connection: {fault}") from None
