"""A small company with rows in quarantine: orders that are wrong in several ways, and leads that can't be read."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli import steps
from tests.support.shallow import shallow
from tests.support.small_company import Company

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
MARKS = """
models:
  - name: stg_leads__people
    columns: [{name: email, config: {meta: {pii: email}}}, {name: name, config: {meta: {pii: name}}}]
"""
MARTS = """
models:
  - name: dim_people
    columns: [{name: email, config: {meta: {pii: email}}}, {name: name, config: {meta: {pii: name}}}]
  - name: fct_orders
    config: {meta: {grain: [order_id]}}
    columns: [{name: order_id, data_tests: [unique, not_null]}]
"""


@pytest.fixture
def company(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """Orders 4 and 5 are negative, 6 does not parse; of the leads one has no key and one line can't be read."""
    monkeypatch.setenv("COLUMNS", "400")
    made = Company(tmp_path, monkeypatch)
    made.orders(1, 3)
    made.orders(4, 5, amount="-1.00")
    made.orders(6, 6, amount="N/A")
    made.people("a.csv", ["ann@lead.example,Ann", ",=1+1", "cy@lead.example,Cy,Cyan"])
    models = made.folder / "project/models"
    (models / "staging/leads/_marks.yml").write_text(MARKS)
    (models / "marts/_marts.yml").write_text(MARTS)
    take(made)
    return made


def take(company: Company) -> None:
    """Land and build."""
    assert steps.land(None, None, AS_OF, full=False) == 0
    assert shallow(steps.build, None, False, AS_OF) == 0
