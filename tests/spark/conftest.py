"""A shop on a real local cluster, and statements to the cluster that runs in a test."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.support.shop_on_spark import Shop
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


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The small company after its first run on Spark."""
    made = Shop(tmp_path_factory.mktemp("shop"))
    try:
        made.up()
        made.call("weir", "run")
        yield made
    finally:
        made.call("weir", "down")
