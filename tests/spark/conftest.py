"""A real local cluster for the tests of a file, and statements to it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from weir.spark import cluster

Ask = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """A function that sends statements to the cluster, in one session, and returns the rows of the last."""
    from pyhive import hive

    held: list[Any] = []

    def asked(*statements: str) -> list[tuple[Any, ...]]:
        if not held:
            running = cluster.running()
            assert running
            held.append(hive.connect("127.0.0.1", running.ports.thrift, username="weir"))
        with held[0].cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    yield asked
    for connection in held:
        connection.close()
