"""Connections to PostgreSQL that stream: asyncpg, driven from one thread by an event loop of its own.

In: an address. Out: a Wire, and `pipe`, which copies from one Wire to another. asyncpg hands over COPY in whole buffers
from C; psycopg yields one row per read.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.warehouse.wire_address import asyncpg_address

BUFFERS = 8
PAUSE = 600  # seconds that a source may be silent within a stream
LOCK_WAIT = "10min"  # how long to wait for a table of the warehouse that another landing or a reader holds locked
PATIENCE = 3600  # seconds that a source may take for any other answer
POOLER = (
    "{variable} leads to a pooler, which {drops}: name the server itself there, or a port of the pooler that keeps a "
    "server for each session (pool_mode = session, nothing in ignore_startup_parameters)"
)


class Wire:
    """One connection, for one thread."""

    def __init__(self, url: str, name: str, loop: asyncio.AbstractEventLoop, variable: str = "WAREHOUSE_URL",
                 **settings: str) -> None:  # fmt: skip
        self.loop = loop
        self.lost = False  # whether the server ended the connection before we closed it
        self.patience: float | None = PATIENCE
        options = {"TimeZone": "UTC", "DateStyle": "ISO, YMD", "IntervalStyle": "postgres", "bytea_output": "hex"}
        options |= {"extra_float_digits": "1", "search_path": "pg_catalog"}
        options |= {
            "idle_in_transaction_session_timeout": "0",
            **settings,
        }  # the session is idle while the other side works
        address, secure = asyncpg_address(url, variable)
        self.connection: asyncpg.Connection = loop.run_until_complete(
            asyncpg.connect(address, timeout=15, server_settings=options | {"application_name": name},
                            statement_cache_size=0, **secure)
        )  # fmt: skip
        try:
            _keep_alive(self.connection._transport.get_extra_info("socket"))
            self._check(options, variable)
        except BaseException:
            self.close()
            raise

    def _check(self, options: dict[str, str], variable: str) -> None:
        """Raise WeirError when the session lacks a setting that it was opened with (a pooler dropped it)."""
        found = self.row("select " + ", ".join(f"current_setting('{name}')" for name in options))
        for (name, asked), got in zip(options.items(), found, strict=True):
            if asked.replace(" ", "").lower() != got.replace(" ", "").lower():
                drops = f"drops what a session asks for ({name} is {got!r}, not {asked!r})"
                raise WeirError(POOLER.format(variable=variable, drops=drops), cause=Cause.SOURCE_ADDRESS)

    def execute(self, query: str, *values: Any) -> int:
        """Run the statement; returns how many rows it touched, or 0 where its command tag has no number."""
        return tag_rows(self.loop.run_until_complete(self.connection.execute(query, *values, timeout=self.patience)))

    def rows(self, query: str, *values: Any) -> list[Any]:
        """All rows of the query."""
        return list(self.loop.run_until_complete(self.connection.fetch(query, *values, timeout=self.patience)))

    def row(self, query: str, *values: Any) -> Any:
        """The first row of the query, or None."""
        return self.loop.run_until_complete(self.connection.fetchrow(query, *values, timeout=self.patience))

    def value(self, query: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        return self.loop.run_until_complete(self.connection.fetchval(query, *values, timeout=self.patience))

    def copy_in(
        self, schema: str | None, table: str, columns: list[str], chunks: Iterable[bytes], form: str = "text"
    ) -> int:
        """COPY text, or CSV, from the chunks into the table; returns the rows that the server counted."""

        async def source() -> AsyncIterator[bytes]:
            for chunk in chunks:
                yield chunk

        tag = self.connection.copy_to_table(table, source=source(), columns=columns, schema_name=schema, format=form)
        return tag_rows(self.loop.run_until_complete(_while_open(self.connection, tag)))

    def copy_out(self, query: str, form: str = "text") -> Iterator[bytes]:
        """Blocks of whole rows of the query, in COPY's text or as CSV in which every value is quoted.

        Raises what the server raised, and WeirError when it falls silent.
        """
        options: dict[str, Any] = {"format": "csv", "force_quote": True} if form == "csv" else {"format": "text"}
        queue: asyncio.Queue[Any] = asyncio.Queue(BUFFERS)

        async def produce() -> None:
            try:
                await self.connection.copy_from_query(query, output=queue.put, **options)
            except BaseException as fault:
                await queue.put(fault)
                raise
            await queue.put(None)

        producer = self.loop.create_task(produce())
        try:
            while (item := self.loop.run_until_complete(_next(queue))) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self.loop.run_until_complete(_end(producer, queue))

    def cancel(self) -> None:
        """Break off what runs on the loop, at the servers too; from another thread."""

        def all_tasks() -> None:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()

        self.loop.call_soon_threadsafe(all_tasks)

    def close(self) -> None:
        """Close at once; what is not committed is rolled back."""
        self.lost = self.connection.is_closed()
        self.connection.terminate()
        self.loop.run_until_complete(asyncio.sleep(0))


def tag_rows(tag: str) -> int:
    """The number at the end of a command tag: 'COPY 12' is 12."""
    last = tag.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


def _keep_alive(to: socket.socket) -> None:
    """Send keep-alives, so that a peer that vanished is noticed within two minutes, even while it computes."""
    if to.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    to.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            to.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


@contextmanager
def wired(url: str, name: str) -> Iterator[Wire]:
    """Open a connection on an event loop of its own, and close both at the end."""
    loop = asyncio.new_event_loop()
    wire = None
    try:
        settings = {"client_min_messages": "error", "lock_timeout": LOCK_WAIT, "statement_timeout": "0"}
        wire = Wire(url, name, loop, synchronous_commit="on", **settings)
        wire.patience = None
        yield wire
    finally:
        if wire:
            wire.close()
        loop.close()


def pipe(source: Wire, query: str, target: Wire, schema: str | None, table: str, columns: list[str],
         seen: Any = None, freeze: bool = False) -> tuple[int, int]:  # fmt: skip
    """COPY (binary) the query's rows into the table through a small queue; returns rows and bytes.

    Both connections must share a loop. `freeze` is for a table made in this transaction: its first reader then writes
    no hint bits. Raises what either side raised, RuntimeError when their counts differ, and WeirError when the source
    falls silent.
    """
    return source.loop.run_until_complete(
        _pipe(source.connection, query, target.connection, schema, table, columns, seen, freeze)
    )


async def _while_open(connection: asyncpg.Connection, copying: Coroutine[Any, Any, str]) -> str:
    """The result of the COPY. Ends it when the connection is lost: asyncpg alone would wait for ever to write."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(copying)

    def lost(_: Any) -> None:
        loop.call_later(1, task.cancel)  # a second later the server's last message has been raised

    connection.add_termination_listener(lost)
    try:
        return await task
    except asyncio.CancelledError:
        raise ConnectionError("the connection was closed during COPY") from None
    finally:
        connection.remove_termination_listener(lost)


async def _next(queue: asyncio.Queue[Any]) -> Any:
    try:
        return queue.get_nowait()
    except asyncio.QueueEmpty:
        pass
    try:
        return await asyncio.wait_for(queue.get(), PAUSE)
    except TimeoutError:
        told = f"the source has sent nothing for {PAUSE} seconds: see that it is up, then run again"
        raise WeirError(told, cause=Cause.SOURCE_UNREACHABLE) from None


async def _end(producer: asyncio.Task[Any], queue: asyncio.Queue[Any]) -> None:
    """Break off what still fills the queue, so that the connection ends in order."""
    while not producer.done():
        producer.cancel()
        while not queue.empty():
            queue.get_nowait()
        await asyncio.wait([producer], timeout=0.2)
    if not producer.cancelled():
        producer.exception()  # so that asyncio does not report it as never retrieved


async def _pipe(source: Any, query: str, target: Any, schema: str | None, table: str, columns: list[str],
                seen: Any, freeze: bool) -> tuple[int, int]:  # fmt: skip
    queue: asyncio.Queue[Any] = asyncio.Queue(BUFFERS)
    size = 0

    async def produce() -> str:
        try:
            tag = await source.copy_from_query(query, output=queue.put, format="binary")
        except BaseException as fault:
            await queue.put(fault)
            raise
        await queue.put(None)
        return str(tag)

    async def consume() -> AsyncIterator[bytes]:
        nonlocal size
        while (item := await _next(queue)) is not None:
            if isinstance(item, BaseException):
                raise item
            size += len(item)
            if seen:
                seen(size)
            yield item

    producer = asyncio.create_task(produce())
    try:
        copying = target.copy_to_table(
            table, source=consume(), columns=columns, schema_name=schema, format="binary", freeze=freeze
        )
        tag = await _while_open(target, copying)
    except BaseException:
        await _end(producer, queue)
        raise
    sent = tag_rows(await producer)
    if sent != tag_rows(tag):
        raise RuntimeError(f"the source sent {sent} rows, the warehouse counted {tag_rows(tag)}")
    return sent, size
