"""Fixtures for the tests of the demo: a home of its own, and the demo in it at its default size."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from demo.__main__ import main
from demo.systems import helpdesk
from tests.support.demo.home import VARIABLES, Place


@pytest.fixture(scope="module")
def place(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A function that turns to a home and an application database of its own."""
    with pytest.MonkeyPatch.context() as patch:

        def turn() -> Path:
            helpdesk.stop()
            home = tmp_path_factory.mktemp("home")
            patch.setenv("WEIR_HOME", str(home))
            name = f"test_{uuid.uuid4().hex[:12]}"
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f"create database {name}")
            patch.setenv("APP_URL", server.rsplit("/", 1)[0] + f"/{name}")
            for variable in VARIABLES:
                patch.setenv(variable, "")
            return home

        yield turn
        helpdesk.stop()


@pytest.fixture(scope="module")
def startup(place: Place) -> Path:
    """The demo at its default size."""
    home = place()
    assert main(["make"]) == 0
    return home
