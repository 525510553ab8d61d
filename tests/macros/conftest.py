"""The fixture `shop`: a dbt project of the test's own on a fresh warehouse."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.shop import Shop


@pytest.fixture
def shop(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    from weir.dbt.environment import export_environment

    monkeypatch.setenv("WEIR_PROJECT_DIR", str(tmp_path / "project"))
    for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH", "DBT_PROFILES_DIR", "DBT_PROJECT_DIR", "PGOPTIONS"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    with psycopg.connect(warehouse, autocommit=True, options="-c TimeZone=UTC") as connection:
        made = Shop(tmp_path / "project", connection)
        export_environment("dev")
        for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH", "DBT_PROFILES_DIR", "DBT_PROJECT_DIR", "PGOPTIONS"):
            monkeypatch.setenv(name, os.environ[name])
        yield made
