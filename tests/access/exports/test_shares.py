"""A share is declared by an exposure, and given out by its name."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.access.export import export as command
from tests.support.giving import publish, sheet
from tests.support.publishing import Sql
from weir.access.shares import wanted_of
from weir.core.errors import WeirError
from weir.core.settings import ROOT, home
from weir.project.shares import read_shares

EXPOSURE = """
exposures:
  - name: people_monday
    depends_on: [ref('people')]
    config: {{meta: {{export: {export}}}}}
  - {{name: of_no_export, depends_on: [ref('people'), ref('odd')]}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: x\n")
    monkeypatch.setenv("WEIR_PROJECT_DIR", str(folder))
    monkeypatch.setenv("WEIR_AS_OF", "2026-07-06")
    return folder


def declare(project: Path, export: str) -> None:
    (project / "models" / "_exposures.yml").write_text(EXPOSURE.format(export=export))


def test_a_share_is_given_out_by_its_name_again_and_again(run: Sql, project: Path) -> None:
    publish(run)
    declare(project, "{to: 'exports/f/people-{date}.xlsx', for: Finance, columns: [id, plan], where: id < 3}")
    for _ in range(2):
        command(None, None, None, "people-monday", None, where="", with_pii=False)
    path = home() / "exports" / "f" / "people-2026-07-06.xlsx"
    assert sheet(path) == [("id", "plan"), (1, "=1+1"), (2, None)]
    kept = run("select share, for_whom, what, where_clause, columns, state from ops.exports")
    assert kept == [("people-monday", "Finance", "people", "id < 3", ["id", "plan"], "succeeded")] * 2
    with pytest.raises(WeirError, match="there is no share people-tuesday: did you mean people-monday"):
        command(None, None, None, "people-tuesday", None)
    with pytest.raises(WeirError, match="--share stands alone"):
        command("people", None, None, "people-monday", None)


def test_a_question_can_be_shared_and_a_bucket_is_no_folder(project: Path) -> None:
    (project / "finance.sql").write_text("select 1 as one")
    declare(project, "{to: 's3://out/{date}/x.csv', for: Ann, query: finance.sql}")
    wanted = wanted_of("people_monday", datetime(2026, 2, 3, tzinfo=UTC))
    assert (wanted.to, wanted.what) == ("s3://out/2026-02-03/x.csv", str(project / "finance.sql"))
    assert wanted.replace and wanted.share == "people-monday"


@pytest.mark.parametrize(
    ("export", "says"),
    [
        ("{to: x.csv}", "exposure people_monday: export: key 'for': Field required"),
        ("{to: x.csv, for: A, cron: '* * * * *'}", "key 'cron'"),
        ("{to: x.csv, for: A, mart: odd}", "must depend on ref.'odd'."),
        ("x.csv", "must be a mapping"),
    ],
)
def test_a_wrong_declaration_is_one_line(project: Path, export: str, says: str) -> None:
    declare(project, export)
    with pytest.raises(WeirError, match=says):
        wanted_of("people-monday")


def test_the_demo_shares_revenue_with_finance() -> None:
    (share,) = read_shares(ROOT)
    assert (share.name, share.mart, share.schedule) == ("finance-monday", "fct_revenue_monthly", "0 6 * * 1")
