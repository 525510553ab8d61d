"""Marts with columns that derive from personal data: without a mark the build fails and says what to write."""

import json
import os
import re

import psycopg
import pytest

from cli import steps
from tests.access.conftest import AS_OF
from tests.support.shallow import shallow
from tests.support.small_company import Company
from weir.access.carried import Lineage, read_lineage
from weir.core.errors import WeirError
from weir.project.marts import manifest_path

MARTS = "models/marts/_marts.yml"


def marts(company: Company, *columns: str) -> None:
    """Declare the columns of dim_people, with their marks."""
    path = company.folder / "project" / MARTS
    text = path.read_text().split("    columns: # of people")[0].rstrip("\n")
    path.write_text("\n".join([text, "    columns: # of people", *(f"      - {{{each}}}" for each in columns), ""]))


def build(company: Company) -> None:
    assert shallow(steps.build, None, False, AS_OF) == 0


def test_a_build_fails_where_a_mart_needs_a_mark_and_is_told_once_where_it_has_it(
    leads: Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WeirError, match=r"2 failed: mart dim_people\.email, mart dim_people\.name") as refused:
        build(leads)
    assert "readers keep the set they have" in str(refused.value)
    assert capsys.readouterr().err.splitlines() == [
        f"mart dim_people.{column} ({MARTS}): it derives from stg_leads__people.{column}, which is marked {column}: "
        f"write `config: {{meta: {{pii: {column}}}}}` at the column, or `{{pii: none, because: …}}`"
        for column in ("email", "name")
    ]
    with pytest.raises(WeirError, match="nothing is published, for the build or its tests failed"):
        steps.publish(AS_OF, [])

    marts(leads, "name: email, config: {meta: {pii: email}}")
    with pytest.raises(WeirError, match=re.escape(f"set they have: mart dim_people.name ({MARTS}): it derives from")):
        build(leads)
    marts(leads, "name: email, config: {meta: {pii: email}}", "name: name, meta: {pii: none, because: all are Ann}")
    build(leads)
    with psycopg.connect(os.environ["WAREHOUSE_URL"], options="-c TimeZone=UTC") as connection:
        found = connection.execute("select passed, marked is not null from ops.builds order by recorded_at").fetchall()
    assert found == [(False, False), (False, False), (True, True)]

    def fail() -> Lineage:
        raise AssertionError("the code is known: nobody reads its lineage again")

    monkeypatch.setattr("weir.access.carried.read_lineage", fail)
    build(leads)


def test_a_mark_that_means_nothing_is_named(leads: Company) -> None:
    marts(leads, "name: email, config: {meta: {pii: mail}}")
    with pytest.raises(WeirError, match=r"dim_people\.email: pii: mail is no kind of personal data; write one"):
        build(leads)


def test_what_a_model_that_cannot_be_read_makes_is_taken_for_all_that_it_reads(leads: Company) -> None:
    marts(leads, "name: email, config: {meta: {pii: email}}", "name: name, config: {meta: {pii: name}}")
    build(leads)
    assert read_lineage().unmarked() == []
    manifest = json.loads(manifest_path().read_text())
    manifest["nodes"]["model.small.dim_people"]["columns"]["age"] = {"name": "age"}
    code = {path.stem: path.read_text() for path in (manifest_path().parent / "compiled").rglob("*.sql")}
    code |= {"dim_people": "select from where", "fct_orders": ""}
    lineage = Lineage(manifest, lambda node: code[node["name"]] or None)
    assert {name: why for (_, name), why in lineage.unread.items() if why} == {
        "dim_people": lineage.unread["analytics_next", "dim_people"],
        "fct_orders": "it was not compiled",
    }
    assert [each.sentence.split(": write")[0] for each in lineage.unmarked()] == [
        f"mart dim_people.age ({MARTS}): it may derive from stg_leads__people.email, for dim_people can't be read, "
        "which is marked email"
    ]


def test_a_kept_file_of_compiled_code_stands_in_where_a_build_made_a_part(leads: Company) -> None:
    marts(leads, "name: email, config: {meta: {pii: email}}", "name: name, config: {meta: {pii: name}}")
    build(leads)
    assert shallow(steps.build, "fct_orders", False, AS_OF) == 0
    assert "compiled_code" not in json.loads(manifest_path().read_text())["nodes"]["model.small.dim_people"]
    lineage = read_lineage()
    assert lineage.unread == {}
    assert lineage.held(("staging", "stg_leads__people"), "_key") == {"email": frozenset(["stg_leads__people.email"])}
