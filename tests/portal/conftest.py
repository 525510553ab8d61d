"""Fixtures for the portal: a warehouse with the real views of `ops`."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support import portal


@pytest.fixture(scope="module")
def views(warehouse_of_module: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A connection to a warehouse in which dbt has made the views of models/ops; its home is that of the file."""
    portal.build_views(os.environ["WAREHOUSE_URL"])
    with psycopg.connect(os.environ["WAREHOUSE_URL"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def page_home(views: psycopg.Connection) -> Path:
    """The home of the file's warehouse."""
    return Path(os.environ["WEIR_HOME"])
