"""`weir pii`: what is marked and where it goes; what looks personal and has no mark; no value is printed."""

import psycopg
import pytest

from cli import steps
from cli.access.pii import propose_marks, show_marks
from tests.access.conftest import AS_OF
from tests.support.shallow import shallow
from tests.support.small_company import Company
from weir.core.errors import WeirError

MARKED = """
models:
  - name: dim_people
    config: {meta: {grain: [email]}}
    columns:
      - {name: email, config: {meta: {pii: email, keep: domain, because: marts join by it}}}
      - {name: name, config: {meta: {pii: none, because: the names are made up}}}
"""


@pytest.fixture
def built(leads: Company) -> Company:
    (leads.folder / "project/models/marts/_marts.yml").write_text(MARKED)
    assert shallow(steps.build, None, False, AS_OF) == 0
    return leads


def rows(text: str) -> list[list[str]]:
    return [[cell for cell in line.split("  ") if cell] for line in map(str.strip, text.splitlines())]


def test_what_is_marked_and_what_looks_like_it(
    built: Company, warehouse: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert show_marks() == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "stg_leads__people.email email dim_people.email" in told
    assert "dim_people.email email stg_leads__people.email masked, but for the domain marts join by it" in told
    assert "dim_people.name none stg_leads__people.name in clear the names are made up" in told
    assert "Every published column that derives from a marked one has a mark." in told

    assert propose_marks(None) == 0
    assert "Nothing else looks personal" in capsys.readouterr().out

    with psycopg.connect(warehouse, options="-c TimeZone=UTC") as connection:
        connection.execute("alter table raw_shop.orders add column note text, add column buyer jsonb")
        connection.execute("""
            update raw_shop.orders set note = 'call +49 30 901820', buyer = '{"mail": "bo@shop.example", "Phone": null}'
            where order_id = '1'""")
        connection.execute("update raw_shop.orders set note = '+49 30 901820' where order_id = '2'")
    assert propose_marks("shop") == 0
    out = capsys.readouterr().out
    told = " ".join(out.split())
    source = "models/staging/shop/_shop__sources.yml, orders"
    assert f"shop.orders.buyer.mail email 100% of 1 values {source} - {{name: buyer.mail, config: " in told
    assert f"shop.orders.note phone 50% of 2 values {source} - {{name: note, config: {{meta: {{pii: phone}}}}}}" in told
    assert "901820" not in out and "bo@" not in out
    assert propose_marks("leads") == 0

    with pytest.raises(WeirError, match="no source 'shops' is declared: did you mean 'shop'"):
        propose_marks("shops")


def test_a_field_of_a_document_is_marked_by_its_path(
    built: Company, warehouse: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = built.folder / "project/models/staging/shop/_shop__sources.yml"
    field = "        columns: [{name: buyer.mail, config: {meta: {pii: email}}}]\n"
    path.write_text(path.read_text().rstrip("\n") + "\n" + field)
    with psycopg.connect(warehouse, options="-c TimeZone=UTC") as connection:
        connection.execute("""alter table raw_shop.orders add column buyer jsonb default '{"mail": "b@c.example"}'""")
    assert shallow(steps.build, None, True, AS_OF) == 0
    capsys.readouterr()
    assert show_marks() == 0
    assert "orders.buyer.mail" in capsys.readouterr().out
    assert propose_marks(None) == 0
    assert "Nothing else looks personal" in capsys.readouterr().out
