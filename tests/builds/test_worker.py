"""dbt in its own process, where the project is not whole."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from weir.core.errors import WeirError
from weir.dbt.selection import Todo, Why
from weir.dbt.worker import DbtProcess


def test_a_project_that_dbt_can_not_read_is_one_line_in_the_words_of_dbt(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "dbt_project.yml").write_text("name: half\n")
    monkeypatch.setenv("WEIR_PROJECT_DIR", str(tmp_path / "half"))
    process = DbtProcess("one", datetime(2026, 7, 1, tzinfo=UTC))
    try:
        for _ in range(2):
            with pytest.raises(WeirError) as caught:
                process.build(Todo(Why.FIRST, "the first"), True, lambda node: None)
            assert "no profile was specified" in str(caught.value) and "dbt_project.yml" in str(caught.value)
            assert "\n" not in str(caught.value)
    finally:
        process.end()
