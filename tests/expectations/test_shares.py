"""Gate marts stops a publication where a table has more rows in quarantine than its declaration allows."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli import steps
from tests.support.shallow import shallow
from tests.support.small_company import Company
from weir.core.errors import WeirError
from weir.core.settings import project_dir
from weir.project.sources import read_plan

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
DECLARED = "key: [order_id], cursor: updated_at"


@pytest.fixture
def company(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """The small company with 20 orders, one of which is rejected."""
    monkeypatch.setenv("COLUMNS", "400")
    made = Company(tmp_path, monkeypatch)
    made.people("a.csv", ["ann@lead.example,Ann"])
    made.orders(1, 19)
    made.orders(20, 20, amount="-1")
    assert steps.land(None, None, AS_OF, full=False) == 0
    assert shallow(steps.build, None, False, AS_OF) == 0
    return made


def declare(company: Company, limit: str) -> None:
    path = company.folder / "project/models/staging/shop/_shop__sources.yml"
    first = path.read_text().split(DECLARED)[0]
    path.write_text(f"{first}{DECLARED}, max_rejected: {limit}}}}}\n")


def test_more_than_the_limit_stops_and_can_be_accepted(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    declare(company, "5%")
    assert shallow(steps.check, "marts", None) == 0, "one of twenty is not more than 5 %"
    declare(company, "0.04")
    capsys.readouterr()
    assert shallow(steps.check, "marts", None) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert (
        "shop.orders: 5 per cent of its rows wait in quarantine (1 of 20), where max_rejected allows 4 per cent; "
        "mostly “amount is negative”: `weir quarantine stg_shop__orders`"
    ) in told
    accepted = "marts: stg_shop__orders: share of rejected rows"
    assert f'to accept it for one run: weir run --accept "{accepted}"' in told
    assert shallow(steps.check, "marts", None, [accepted]) == 0


@pytest.mark.parametrize("limit", ["5 of 100", "-1%", "101%", "1.5", "true", "[1]"])
def test_what_is_no_share_is_told_with_file_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    declare(Company(tmp_path, monkeypatch), limit)
    with pytest.raises(
        WeirError, match=r"_shop__sources\.yml: source shop, table orders: key 'max_rejected': .* is no"
    ):
        read_plan(project_dir())


@pytest.mark.parametrize(
    ("limit", "share"), [("5%", 0.05), ("2.5 %", 0.025), ("0.05", 0.05), ("0", 0.0), ("100%", 1.0)]
)
def test_a_share_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, share: float) -> None:
    declare(Company(tmp_path, monkeypatch), limit)
    [found] = [table for source in read_plan(project_dir()).sources for table in source.tables if source.name == "shop"]
    assert found.max_rejected == share
