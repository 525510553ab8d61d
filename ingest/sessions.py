"""Lines: a connection to the warehouse and one to the source, left by one table to the next.

In: a source and the warehouse's address. Out: lines, each for one thread at a time; a line that saw a fault is closed.
Opening both costs more than finding that a table has nothing new.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ingest.connectors.base import Connector
from ingest.connectors.registry import open_connector
from ingest.raw.connection import wired
from weir.project.sources import Source


class Line:
    """One connection to the warehouse, and one to the source when it is asked for."""

    def __init__(self, source: Source, warehouse: str) -> None:
        self._all, self._reader, self._source = ExitStack(), ExitStack(), source
        self._connector: Connector | None = None
        self.wire = self._all.enter_context(wired(warehouse, "weir land"))
        self._all.push(self._reader)  # closed first: it uses the wire's loop

    def connector(self) -> Connector:
        """The source's connector."""
        if self._connector is None:
            self._connector = self._reader.enter_context(open_connector(self._source, self.wire.loop))
        return self._connector

    def rest(self) -> None:
        """End what is open; a connector that can't be used again is let go."""
        if self.wire.raw.is_in_transaction():
            self.wire.execute("rollback")
        again = getattr(self._connector, "again", None)
        if again:
            again()
        else:
            self._connector = None
            self._reader.close()

    def close(self) -> None:
        """Close both."""
        self._all.close()


class Lines:
    """The lines of one source in one run."""

    def __init__(self, source: Source, warehouse: str) -> None:
        self._source, self._warehouse = source, warehouse
        self._idle: list[Line] = []

    @contextmanager
    def line(self) -> Iterator[Line]:
        """An idle line, or a new one."""
        try:
            line = self._idle.pop()
        except IndexError:
            line = Line(self._source, self._warehouse)
        try:
            yield line
        except BaseException:
            line.close()
            raise
        try:
            line.rest()
        except Exception:  # what was landed is committed; only the line is gone
            line.close()
        else:
            self._idle.append(line)

    def close(self) -> None:
        """Close all that are idle."""
        while self._idle:
            self._idle.pop().close()
