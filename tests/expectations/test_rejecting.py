"""Gate marts warns of a rule that rejects most of a first load, or much of what it judges for the first time."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli import steps
from tests.support.shallow import shallow
from tests.support.small_company import Company
from weir.warehouse import Role, connect

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
PEOPLE = """
with typed as (
    select email, {{ parse('name', 'date') }} as born, {{ carry(key=['email'], unreadable=true) }}
    from {{ source('leads', 'people') }}
)

select *, {{ reject(RULES) }} from typed
"""
MARKS = """
models:
  - name: stg_leads__people
    columns: [{name: email, config: {meta: {pii: email}}}]
"""
MART = "select email, born as name from {{ ref('stg_leads__people') }}"


@pytest.fixture
def company(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    made = Company(tmp_path, monkeypatch)
    project = made.folder / "project/models"
    (project / "staging/leads/_marks.yml").write_text(MARKS)
    (project / "staging/leads/stg_leads__people.sql").write_text(PEOPLE.replace("RULES", "{}"))
    (project / "marts/dim_people.sql").write_text(MART)
    with (project / "marts/_marts.yml").open("a") as file:
        file.write("    columns: [{name: email, config: {meta: {pii: email}}}]\n")
    made.orders(1, 12)
    return made


def warnings(company: Company, capsys: pytest.CaptureFixture[str], rules: str = "{}") -> list[str]:
    """Land, build and check; returns what the gate warns of."""
    file = company.folder / "project/models/staging/leads/stg_leads__people.sql"
    file.write_text(PEOPLE.replace("RULES", rules))
    assert steps.land(None, None, AS_OF, full=False) == 0
    assert shallow(steps.build, None, False, AS_OF) == 0
    capsys.readouterr()
    assert shallow(steps.check, "marts", None) == 0
    told = " ".join(capsys.readouterr().out.split())
    return [part.split(" gate marts")[0].strip() for part in told.split("warning: ")[1:]]


def test_a_first_load_and_a_new_rule_are_told_once(
    company: Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    lines = [
        f"p{n}@lead.example,{born}" for n, born in enumerate([""] * 4 + ["x", "x", "2001-02-30", "y", "2001-01-01"])
    ]
    company.people("a.csv", [line.replace(",", ',""') if line.endswith(",") else line for line in lines])
    assert warnings(company, capsys) == [
        "stg_leads__people: born is not a date in 8 of 9 rows, such as '' · 'x' · '2001-02-30' (first load): "
        "mend the model where the rows are right"
    ]
    assert warnings(company, capsys) == [], "it is known now"
    # more of what is known is no news, and a rule that rejects a tenth or less is none
    company.people("b.csv", [f"q{n}@lead.example,z" for n in range(3)])
    assert warnings(company, capsys, "{'email is q1': \"email like 'q1%'\"}") == []
    found = warnings(company, capsys, "{'email is of p': \"email like 'p%'\", 'email is q1': \"email like 'q1%'\"}")
    assert found == [
        "stg_leads__people: email is of p in 9 of 12 rows, such as ‹email, 15 characters› "
        "(rule or reason that is new): mend the model where the rows are right"
    ]
    with connect(Role.OWNER) as connection:
        records = connection.execute("select results::text from ops.gates where gate = 'marts'").fetchall()
    assert not any("lead.example" in text or "'x'" in text for (text,) in records)
