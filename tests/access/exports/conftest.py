"""The fixture `run`: SQL in a fresh warehouse."""

import psycopg
import pytest

from tests.support.publishing import Sql


@pytest.fixture
def run(warehouse: str) -> Sql:
    """A function that runs SQL in a fresh warehouse and returns the rows."""

    def execute(text: str, *values: object) -> list[tuple]:
        with psycopg.connect(warehouse, autocommit=True) as connection:
            cursor = connection.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    return execute
