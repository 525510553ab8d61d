"""Faults of the engines in dbt's words, logs and results: without the values of rows that they quote."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from weir.core.secrets import without_values
from weir.spark.server import told


def hide_values() -> None:
    """Let dbt's connection take the values out of PostgreSQL's errors before dbt logs or keeps them; safe to repeat."""
    import psycopg2
    from dbt.adapters.postgres.connections import PostgresConnectionManager as Connections

    handler: Any = Connections.exception_handler
    if getattr(handler, "hides_values", False):
        return

    @contextmanager
    def hiding(self: Any, sql: str) -> Iterator[None]:
        with handler(self, sql):
            try:
                yield
            except psycopg2.DatabaseError as fault:
                raise type(fault)(without_values(str(fault))) from None

    hiding.hides_values = True  # type: ignore[attr-defined]
    Connections.exception_handler = hiding  # type: ignore[method-assign]


def shorten_faults_of_spark() -> None:
    """Let dbt's connection to Spark say a fault in one line, before dbt logs it with Java's stack; safe to repeat.

    A session that can't be closed is passed over, for its work is done: Spark's server fails at it now and then, where
    Hive looks for a class that Spark does not bring (NoClassDefFoundError: LlapSigner).
    """
    from dbt.adapters.spark.connections import PyhiveConnectionWrapper, SparkConnectionManager
    from dbt_common.exceptions import DbtDatabaseError
    from thrift.transport.TTransport import TTransportException

    connections: Any = SparkConnectionManager  # which is not there for mypy where the package is not installed
    handler = connections.exception_handler
    if getattr(handler, "shortens", False):
        return

    @contextmanager
    def shortening(self: Any, sql: str) -> Iterator[None]:
        try:
            yield
        except Exception as fault:
            raise DbtDatabaseError(told(fault)) from None

    wrapper: Any = PyhiveConnectionWrapper
    closed = wrapper.close

    def close(self: Any) -> None:
        with suppress(TTransportException, OSError):
            closed(self)

    wrapper.close = close
    shortening.shortens = True  # type: ignore[attr-defined]
    connections.exception_handler = shortening
