"""Forgetting a person who stands in five tables: nothing is left, the counts hold, landings hold the person back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cli import steps
from cli.access.forget import forget_person
from cli.quarantine.accept import accept_row
from tests.support.forgetting import EMAIL, NAME, TRACES, Company, everything, faults, holding, query
from weir.core.errors import WeirError

pytestmark = pytest.mark.slow


@pytest.fixture
def company(warehouse: str, database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """The company, landed, built and published."""
    made = Company(tmp_path / "company", database(), monkeypatch)
    made.land()
    made.build()
    return made


def test_a_person_of_five_tables_is_forgotten(company: Company, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    # another version, a rejected one, and a publication that can be rolled back
    company.app("update users set role = '' where user_id = 70")
    company.land()
    company.app("update users set role = '' where user_id = 12")
    company.land()
    company.build(publish=False)
    for key in ("70", "12"):
        assert accept_row(key, "stg_app__users", f"{NAME} has no role", False) == 0
    company.build(publish=False)
    assert query("select count(*) from quality.quarantine where how = 'accepted'") == [(2,)]
    company.app("update users set role = 'owner' where user_id = 70")
    company.land()
    company.build()
    query("create schema dev_ann_staging; create schema dev_ann_quality; create schema sandbox")
    query("create table dev_ann_staging.stg_app__users as select * from staging.stg_app__users")
    query("create table dev_ann_quality.quarantine as select * from quality.quarantine")
    query("create table sandbox.mine as select * from analytics_private.dim_members")
    log = Path(tmp_path / "home" / "logs" / "old.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"could not mail {EMAIL}\nall else is fine\n")
    assert len(holding(TRACES)) > 10
    assert faults() == []
    with pytest.raises(WeirError, match=r"app\.users has no row with this key"):
        forget_person("app.users", "71", "asked", False, None)
    with pytest.raises(WeirError, match=r"did you mean 'app\.users'"):
        forget_person("app.user", "70", "asked", False, None)
    before = everything()
    assert forget_person("app.users", "70", "asked", True, None) == 0
    assert everything() == before and query("select count(*) from ops.erased") == [(0,)]

    assert forget_person("app.users", "70", f"{NAME} asked", False, tmp_path / "report.md") == 0
    assert "sandbox.mine is not Weir's, and holds a value in 1 rows" in " ".join(capsys.readouterr().out.split())
    query("drop table sandbox.mine")
    assert holding(TRACES) == []
    assert query("select count(*) from dev_ann_staging.stg_app__users") == [(50,)]
    assert [line.rstrip() for line in log.read_text().splitlines()] == ["could not mail [erased]", "all else is fine"]
    report = (tmp_path / "report.md").read_text()
    assert "| raw_app.users |" in report and not any(trace in report.lower() for trace in TRACES)
    assert faults() == []
    assert query("select key, because from quality.accepted") == [("12", "[erased] has no role")]
    in_place = everything()
    assert query("select erased from ops.ledger where model = 'stg_app__users' and erased > 0 group by 1") == [(1,)]
    assert query("select count(*) from analytics.dim_members where user_id = 70 and email is null") == [(1,)]
    assert query("select body, author from staging.stg_app__notes where note_id = 70") == [
        ("[erased] <[erased]> called from [erased]; jo.Ann.Lee@Example.com did not", None)
    ]

    assert steps.roll_back() == 0
    assert holding(TRACES) == [] and faults() == []
    assert query("select count(*) from analytics.dim_members where user_id = 70 and role = 'admin'") == [(1,)]

    company.build(full=True)
    assert everything() == in_place, "a full refresh gives what was made in place"
    assert faults() == []
    capsys.readouterr()
    assert forget_person("app.users", "70", "again", False, None) == 0
    assert "was erased on" in capsys.readouterr().out


def test_landings_hold_the_person_back(company: Company) -> None:
    forget_person("app.users", "70", "asked", False, None)
    company.app("update users set role = 'boss' where user_id = 70")
    company.app("update notes set body = 'Ann Lee-O''Brien called again' where note_id = 70")
    company.crm("update contacts set remark = 'ask Ann Lee-O''Brien soon' where id = 2")
    company.people("a.csv", ["bob@x.io,Bobby,", f"{EMAIL},{NAME},met again"])
    company.people("b.csv", [f"{EMAIL},{NAME},in another file"])
    company.land()
    assert holding(TRACES) == []
    company.build()
    assert holding(TRACES) == []
    assert faults() == []
    assert query("select body from staging.stg_app__notes where note_id = 70") == [("[erased] called again",)]
    for full in (True, True):
        company.land(full)
        assert query("select sum(landed) from ops.landings where how like '%compare%' and source = 'app'") == [(0,)]
    in_place = everything()
    company.build(full=True)
    assert everything() == in_place and faults() == [] and holding(TRACES) == []
    company.app("delete from users where user_id = 70")
    company.land()
    company.build()
    assert faults() == []
    company.app("insert into users values (70, %s, %s, 'x', 'back')", EMAIL, NAME)
    company.land()
    company.build()
    assert faults() == [] and holding(TRACES) == []
