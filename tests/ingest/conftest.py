"""Fixtures for the tests of landing: a project of one source file, a source database, a folder of files."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.support.landing import Landing


@pytest.fixture
def landing(tmp_path: Path, warehouse: str) -> Landing:
    return Landing(tmp_path / "project", warehouse)


@pytest.fixture
def app(landing: Landing, database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> psycopg.Connection:
    """A source database that APP_URL names."""
    url = database()
    monkeypatch.setenv("APP_URL", url)
    return psycopg.connect(url, autocommit=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that DROPS_URL names."""
    path = tmp_path / "drops"
    path.mkdir()
    monkeypatch.setenv("DROPS_URL", f"file://{path}")
    return path


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that WEIR_LAKE names."""
    path = tmp_path / "lake"
    path.mkdir()
    monkeypatch.setenv("WEIR_LAKE", path.as_uri())
    return path
