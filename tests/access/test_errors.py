"""A fault in which the warehouse quotes a person's values: no log, result, message or table of Weir holds them."""

import psycopg
import pytest

from cli import steps
from expectations.gate import check_gate
from expectations.rules import Rule, no_rows, one_of
from expectations.suites.marts import SUITES
from tests.access.conftest import AS_OF
from tests.support.demo.traces import Traces
from tests.support.shallow import shallow
from tests.support.small_company import Company
from weir.core.errors import WeirError
from weir.core.settings import home

PEOPLE = Traces(["ann@lead.example", "Ann Lee"])
MARTS = """
models:
  - name: dim_people
    config: {meta: {grain: [email]}}
    columns: [{name: email, config: {meta: {pii: email}}}, {name: name, config: {meta: {pii: name}}}]
"""


@pytest.fixture
def marked(leads: Company) -> Company:
    (leads.folder / "project/models/marts/_marts.yml").write_text(MARTS)
    return leads


def found(warehouse: str) -> dict[str, object]:
    """The files and the schemas that hold a value; raw, staging and the set that is being built may."""
    with psycopg.connect(warehouse, options="-c TimeZone=UTC") as connection:
        tables = PEOPLE.in_warehouse(lambda text: connection.execute(text).fetchall())
    return {**PEOPLE.in_files(home()), **{k: v for k, v in tables.items() if k in {"ops", "analytics", "public"}}}


@pytest.mark.parametrize(
    ("select", "says"),
    [
        ("cast(name as integer) as name", "invalid input syntax for type integer: ‹hidden›"),
        ("name, n from generate_series(1, 2) as n, {} order by 1", "Key (email)=‹hidden› is duplicated"),
    ],
)
def test_a_build(marked: Company, warehouse: str, capfd: pytest.CaptureFixture[str], select: str, says: str) -> None:
    people = "{{ ref('stg_leads__people') }}"
    code = f"select email, {select.format(people)}" if "{}" in select else f"select email, {select} from {people}"
    unique = "{{ config(indexes=[{'columns': ['email'], 'unique': true}]) }}\n"
    (marked.folder / "project/models/marts/dim_people.sql").write_text(unique + code)
    with pytest.raises(WeirError) as fault:
        shallow(steps.build, None, False, AS_OF)
    told = f"{fault.value}" + "".join(capfd.readouterr())
    assert says in told
    assert PEOPLE.first_in(told) == ""
    assert found(warehouse) == {}
    assert says in (home() / "logs" / "dbt.log").read_text()
    with psycopg.connect(warehouse, options="-c TimeZone=UTC") as connection:
        assert connection.execute("show log_error_verbosity").fetchone() == ("terse",), "no row in the server's log"


def test_a_gate(marked: Company, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rules: tuple[Rule, ...] = (
        one_of("name", ["Bo"]),
        no_rows("names", "select name, 2 as wrong from {batch}", "{mart} has {name}, {wrong} times"),
    )
    monkeypatch.setitem(SUITES, "dim_people", rules)
    assert shallow(steps.build, None, False, AS_OF) == 0
    result = shallow(check_gate, "marts", "run")[0]
    assert not result.passed
    assert "dim_people has 1 rows whose name is none of Bo" in str(result)
    assert "dim_people has ‹personal›, 2 times" in str(result)
    assert (home() / "data_docs/run/marts-marts.html").exists()
    assert found(warehouse) == {}


def test_the_test_finds_what_is_there(marked: Company, warehouse: str) -> None:
    with psycopg.connect(warehouse, options="-c TimeZone=UTC") as connection:
        connection.execute("create table public.leak as select 'Sent to Ann  Lee, ANN@Lead.example.'::text as words")
    (home() / "note.txt").write_text("to: ann%40lead.example")
    assert found(warehouse) == {"note.txt": "ann%40lead.example", "public": {"leak"}}
