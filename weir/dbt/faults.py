"""Faults of the warehouse in dbt's words, logs and results: without the values of rows that PostgreSQL quotes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from weir.core.secrets import without_values


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
