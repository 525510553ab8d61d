"""Fixtures for the tests of roles: a warehouse in which a small company has run once; sessions of each role."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from weir.warehouse.roles import LOGINS

Sessions = dict[str, psycopg.Connection[Any]]


@pytest.fixture
def owner(warehouse: str) -> Iterator[psycopg.Connection[Any]]:
    """A session of the warehouse's owner, which commits each statement."""
    with psycopg.connect(warehouse, autocommit=True) as connection:
        yield connection


@pytest.fixture
def sessions(warehouse: str) -> Iterator[Sessions]:
    """A session of each role that logs in."""
    from weir import warehouse as opened

    with ExitStack() as open_:
        yield {role.value: open_.enter_context(opened.connect(role)) for role in LOGINS}
