"""A small company whose leads are people, marked where they enter staging."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli import steps
from tests.support.small_company import Company

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
STAGING_MARKS = """
models:
  - name: stg_leads__people
    columns:
      - {name: email, config: {meta: {pii: email}}}
      - {name: name, config: {meta: {pii: name}}}
"""


@pytest.fixture
def leads(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """The small company, landed; the staging model of its leads is marked, its mart is not."""
    company = Company(tmp_path, monkeypatch)
    company.orders(1, 3)
    company.people("a.csv", ["ann@lead.example,Ann Lee"])
    (company.folder / "project/models/staging/leads/_marks.yml").write_text(STAGING_MARKS)
    assert steps.land(None, None, AS_OF, full=False) == 0
    return company
