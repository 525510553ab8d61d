"""Commands by hand on a small company: what a failure leaves, and what it says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli import steps
from cli.status import show_status
from tests.support.shallow import shallow
from tests.support.small_company import Company
from weir.core.errors import WeirError
from weir.dbt.compiled import staging_models

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def company(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    made = Company(tmp_path, monkeypatch)
    made.orders(1, 2)
    return made


def test_a_landing_that_failed_leaves_a_trace_in_status(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    (company.folder / "leads").rmdir()
    assert steps.land(None, None, AS_OF, full=False) == 1
    assert capsys.readouterr().err.count("there is no folder") == 1
    assert show_status() == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Last runs run command started state took message" in told
    assert " land 20" in told and "failed" in told and "leads.people: there is no folder" in told


def test_verifying_names_the_model_that_does_not_compile(company: Company) -> None:
    company.people("a.csv", ["ann@x.io,Ann"])
    assert steps.land(None, None, AS_OF, full=False) == 0
    path = company.folder / "project/models/staging/shop/stg_shop__orders.sql"
    path.write_text(path.read_text() + "{{ exceptions.raise_compiler_error('not so') if execute }}")
    with pytest.raises(WeirError, match=r"model stg_shop__orders \(models/.*stg_shop__orders.sql\).* not so"):
        shallow(staging_models)
