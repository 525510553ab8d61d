"""Fixtures for the tests of the flow: a Prefect server, and a small company whose runs the server records."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.flow import founded, query, run
from tests.support.small_company import Company


@pytest.fixture(scope="module")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the Prefect server that the tests of a file share."""
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="module")
def prefect(prefect_home: Path) -> Iterator[str]:
    """The address of a Prefect server that the tests of this file share."""
    from flows import server

    before = dict(os.environ)
    os.environ["WEIR_HOME"] = str(prefect_home)
    yield server.start()
    assert server.stop()
    assert server.running() is None
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def company(prefect: str, warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """The small company with 100 orders and two leads, and nothing landed."""
    return founded(prefect, tmp_path, monkeypatch, 100)


@pytest.fixture(scope="module")
def first(
    prefect: str, warehouse_of_module: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Company, tuple[int, str, str]]:
    """A small company with 300 orders and two leads, and its first run; each test that takes it leaves it published."""
    return founded(prefect, tmp_path_factory.mktemp("company"), warehouse_of_module, 300), run()


@pytest.fixture
def published(first: tuple[Company, tuple[int, str, str]]) -> Company:
    """The company of `first`, with every staged order published."""
    assert query("select count(*) from analytics.fct_orders") == query("select count(*) from staging.stg_shop__orders")
    return first[0]
