"""Statements to the local cluster that runs in a test."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from weir.spark.local import cluster

Ask = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def ask() -> Ask:
    """A function that sends statements to the cluster, in a session of its own, and returns the rows of the last."""
    from pyhive import hive

    def asked(*statements: str) -> list[tuple[Any, ...]]:
        running = cluster.running()
        assert running
        with closing(hive.connect("127.0.0.1", running.ports.thrift, username="weir")) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    return asked
