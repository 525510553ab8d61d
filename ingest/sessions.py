"""Sessions: pairs of open connections (source, warehouse) that are reused for table after table.

In: a source and the warehouse's address. Out: a session for one thread at a time. Reused because opening both
connections costs more than finding that a table has nothing new; a session that saw a fault is closed.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ingest.connectors.base import Connector
from ingest.connectors.registry import open_connector
from ingest.raw.connection import wired
from weir.project.plan import Source


class Session:
    """One connection to the warehouse, and one to the source, which is opened when it is first needed."""

    def __init__(self, source: Source, address: str) -> None:
        self._all, self._reader, self._source = ExitStack(), ExitStack(), source
        self._connector: Connector | None = None
        self.wire = self._all.enter_context(wired(address, "weir land"))
        self._all.push(self._reader)  # closed first: the source's connection uses the event loop of the warehouse's

    def connector(self) -> Connector:
        """The source's connector."""
        if self._connector is None:
            self._connector = self._reader.enter_context(open_connector(self._source, self.wire.loop))
        return self._connector

    def rest(self) -> None:
        """End open transactions, for the next table; close a connector that can't be used again."""
        if self.wire.connection.is_in_transaction():
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


class Sessions:
    """All sessions of one source in one run."""

    def __init__(self, source: Source, address: str) -> None:
        self._source, self._address = source, address
        self._idle: list[Session] = []

    @contextmanager
    def take(self) -> Iterator[Session]:
        """Take an idle session, or open one; it is idle again afterwards, or closed after a fault."""
        try:
            session = self._idle.pop()
        except IndexError:
            session = Session(self._source, self._address)
        try:
            yield session
        except BaseException:
            session.close()
            raise
        try:
            session.rest()
        except Exception:  # the rows are committed; only the session is lost
            session.close()
        else:
            self._idle.append(session)

    def close(self) -> None:
        """Close all idle sessions."""
        while self._idle:
            self._idle.pop().close()
