"""Rows that hold personal data in `weir quarantine` and `weir verify`: in clear only with a reason, written down."""

import hashlib
import hmac
import os
import re

import psycopg
import pytest

from cli import steps
from cli.quarantine.show import show_quarantine
from cli.verify import print_proof
from tests.access.conftest import AS_OF
from tests.support.shallow import shallow
from tests.support.small_company import Company
from weir.access.carried import Lineage
from weir.access.veil import Veil
from weir.core.errors import WeirError

MODEL = """
with typed as (
    select email, name, {{ carry(key=['email'], unreadable=true) }}
    from {{ source('leads', 'people') }}
)

select *, {{ reject({'name is empty': "name = '-'"}) }} from typed
"""
MARTS = """
models:
  - name: dim_people
    columns: [{name: email, config: {meta: {pii: email}}}, {name: name, config: {meta: {pii: name}}}]
"""


@pytest.fixture
def waiting(leads: Company, capsys: pytest.CaptureFixture[str]) -> Company:
    """The small company with two leads in quarantine: one is rejected, one can't be read."""
    (leads.folder / "project/models/staging/leads/stg_leads__people.sql").write_text(MODEL)
    (leads.folder / "project/models/marts/_marts.yml").write_text(MARTS)
    leads.people("b.csv", ["bo@lead.example,-", "cy@lead.example,Cy,Cyan"])
    assert steps.land(None, None, AS_OF, full=False) == 0
    assert shallow(steps.build, None, False, AS_OF) == 0
    capsys.readouterr()
    return leads


def told(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_a_row_is_shown_by_kind_and_length_and_in_clear_with_a_reason(
    waiting: Company, warehouse: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def disclosures() -> list[tuple]:
        with psycopg.connect(warehouse, options="-c TimeZone=UTC") as connection:
            found = "select command, model, key, because, rows, role from ops.disclosures order by 1, 2, 4"
            return connection.execute(found).fetchall()

    assert show_quarantine() == 0
    assert "@lead" not in told(capsys)
    assert show_quarantine("stg_leads__people") == 0
    listed = told(capsys)
    assert "‹email, 15 characters› = row" in listed and "name is empty" in listed
    assert "@lead" not in listed and "b.csv:3" not in listed

    row = re.findall(r"characters› = (row \d+) name is empty", listed)[0]
    for key in (row, "bo@lead.example"):
        assert show_quarantine("stg_leads__people", key) == 0
        shown = told(capsys)
        assert '"email": "‹email, 15 characters›"' in shown and '"name": "‹name, 1 character›"' in shown
        assert "bo@" not in shown and '--with-pii --because "why you must see it"' in shown
    unread = re.findall(r"= (row \d+) wrong column count", listed)[0]
    assert show_quarantine(None, unread) == 0
    shown = told(capsys)
    assert '"_text": "‹free text, 23 characters›"' in shown and '"_file": "b.csv"' in shown and "Cy" not in shown
    assert disclosures() == []

    assert show_quarantine("stg_leads__people", "bo@lead.example", with_pii=True, because="they called") == 0
    assert '"email": "bo@lead.example"' in told(capsys)
    digest = hmac.new(os.environ["WEIR_MASK_KEY"].encode(), b"bo@lead.example", hashlib.sha256).hexdigest()
    assert disclosures() == [
        ("quarantine", "stg_leads__people", f"hmac {digest[:20]}", "they called", 1, "weir_publisher")
    ]  # fmt: skip

    with pytest.raises(WeirError, match="--with-pii needs a reason") as refused:
        show_quarantine("stg_leads__people", "bo@lead.example", with_pii=True, because=" ")
    assert "bo@" not in str(refused.value)
    with pytest.raises(WeirError, match="--because is the reason for --with-pii"):
        show_quarantine("stg_leads__people", "bo@lead.example", because="they called")
    with pytest.raises(WeirError, match="--with-pii shows one row in clear: name it by --key"):
        show_quarantine("stg_leads__people", with_pii=True, because="they called")
    with pytest.raises(WeirError, match="no row with that key waits"):
        show_quarantine("stg_leads__people", "di@lead.example", with_pii=True, because="they called")
    with psycopg.connect(warehouse, options="-c TimeZone=UTC") as connection:
        connection.execute("alter table ops.disclosures rename to gone")
    with pytest.raises(WeirError, match=r"nothing is shown, for it can't be written down in ops\.disclosures"):
        show_quarantine("stg_leads__people", "bo@lead.example", with_pii=True, because="they called")
    assert "bo@" not in told(capsys)


def test_rows_of_a_model_that_is_gone_are_hidden_and_those_of_one_without_marks_are_shown(
    waiting: Company, warehouse: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(warehouse, options="-c TimeZone=UTC") as connection:
        connection.execute("""
            insert into quality.quarantine (model, key, reasons, row, load_id, seq, first_seen) values
            ('stg_gone', 'ed@lead.example', '{bad}', '{"mail": "ed@lead.example", "_line": 7}', 'l', 991, now()),
            ('stg_shop__orders', '7', '{bad}', '{"order_id": "7", "amount": "1e"}', 'l', 992, now())""")
    assert show_quarantine(key="row 991") == 0
    shown = told(capsys)
    assert "stg_gone ‹not modelled, 15 characters› = row 991" in shown and "ed@" not in shown and '"_line": 7' in shown
    assert show_quarantine(key="7") == 0
    assert '"amount": "1e"' in told(capsys)


def test_verify_names_a_personal_key_only_with_a_reason(
    waiting: Company, warehouse: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(warehouse, options="-c TimeZone=UTC") as connection:
        connection.execute("delete from staging.stg_leads__people where email = 'ann@lead.example'")
        connection.execute("delete from staging.stg_shop__orders where order_id = 3")
    hidden = "leads.people: 1 missing between raw and stg_leads__people with its quarantine: their keys are personal: "
    assert shallow(print_proof, None, False) == 1
    shown = capsys.readouterr().err
    assert f'{hidden}weir verify --with-pii --because "why you must see them"' in shown
    assert "key 3 is missing in staging" in shown and "ann@" not in shown
    assert shallow(print_proof, ["leads"], False, True, "a search for Ann") == 1
    assert "key ann@lead.example is missing in staging" in capsys.readouterr().err
    with psycopg.connect(warehouse, options="-c TimeZone=UTC") as connection:
        found = connection.execute("select command, model, key, because, rows from ops.disclosures").fetchall()
    assert found == [("verify", "leads.people", None, "a search for Ann", 1)]


def test_documents_are_shown_field_by_field() -> None:
    sources = {
        "source.s.desk.tickets": {
            "unique_id": "source.s.desk.tickets", "resource_type": "source", "name": "tickets", "schema": "raw_desk",
            "identifier": "tickets", "columns": {"document.notes": {"config": {"meta": {"pii": "free_text"}}}},
            "config": {"meta": {"key": ["id"], "cursor": "updated_at"}},
        }
    }  # fmt: skip
    model = {
        "unique_id": "model.s.stg_desk__tickets", "resource_type": "model", "name": "stg_desk__tickets",
        "schema": "staging", "language": "sql", "config": {"materialized": "staged"},
        "depends_on": {"nodes": ["source.s.desk.tickets"]},
        "columns": {"mails": {"meta": {"pii": "email"}}, "phone": {"meta": {"pii": "none", "because": "an office's"}}},
    }  # fmt: skip
    code = """
    select document -> 'people' -> 0 ->> 'mail' as mails, lower(document -> 'office' ->> 'phone') as phone,
        document ->> 'status' as status, cast(id as text) as _key
    from "weir"."raw_desk"."tickets" """
    lineage = Lineage({"nodes": {model["unique_id"]: model}, "sources": sources}, lambda node: code)
    veil = Veil(lineage, "stg_desk__tickets")
    row = {
        "id": 7, "updated_at": "2026-07-01", "document": {
            "people": [{"mail": "a@b.example", "nick": "Al"}, {"mail": "c@d.example"}],
            "office": {"phone": "1234", "room": 5}, "status": "open", "notes": {"by": "Al", "closed": True},
        },
    }  # fmt: skip
    assert veil.row(row) == {
        "id": 7, "updated_at": "2026-07-01", "document": {
            "people": [
                {"mail": "‹email, 11 characters›", "nick": "‹not modelled, 2 characters›"},
                {"mail": "‹email, 11 characters›"},
            ],
            "office": {"phone": "1234", "room": "‹not modelled, 1 character›"}, "status": "open",
            "notes": {"by": "‹free text, 2 characters›", "closed": True},
        },
    }  # fmt: skip
    assert veil.key("7", 12) == "7"
