"""Fixtures: two published marts with a private part, and logins of people."""

import uuid
from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.support.giving import publish
from tests.support.publishing import Sql
from weir import warehouse as wh


@pytest.fixture
def run(warehouse: str) -> Sql:
    """A function that runs SQL in a warehouse with two published marts, as its owner, and returns the rows."""

    def execute(text: str, *values: object) -> list[tuple]:
        with psycopg.connect(warehouse, autocommit=True) as connection:
            cursor = connection.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    publish(execute)
    return execute


@pytest.fixture
def person(run: Sql) -> Iterator[Callable[[str], tuple[str, str]]]:
    """A function that makes a login, a member of the role; returns its name and address. All are dropped at the end."""
    from weir.warehouse.address import address, parts_of

    made = []

    def make(role: str) -> tuple[str, str]:
        name = f"Ann {uuid.uuid4().hex[:8]}"
        run(f"create role \"{name}\" login password 'p w@:/' in role {role}")
        made.append(name)
        return name, address(**{**parts_of(wh.ensure()), "user": name, "password": "p w@:/"})

    yield make
    for name in made:
        run(f'drop owned by "{name}"; drop role "{name}"')
