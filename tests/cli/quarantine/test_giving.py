"""`weir quarantine export`: the rows as received, what is personal covered, the way to the row at the source."""

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook

from cli.quarantine.export import export_rows
from tests.cli.quarantine.test_accepting import rows
from tests.support.small_company import Company
from weir.core.errors import WeirError


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open()))


def test_a_file_for_each_model(company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to = tmp_path / "rows.csv"
    assert export_rows(None, str(to), "the shop", False, None, False, False) == 0
    assert "stg_shop__orders 3" in " ".join(capsys.readouterr().out.split())
    orders = read(tmp_path / "rows.stg_shop__orders.csv")
    assert [(row["what is wrong"], row["key"], row["amount"], row["find it by"]) for row in orders] == [
        ("amount is negative", "4", "-1.00", "order_id = '4'"),
        ("amount is negative", "5", "-1.00", "order_id = '5'"),
        ("amount is not a numeric", "6", "N/A", "order_id = '6'"),
    ]
    assert {(row["source"], row["where"], row["table"]) for row in orders} == {
        ("shop", f"sqlite {company.folder}/shop.db", "orders")
    }
    people = read(tmp_path / "rows.stg_leads__people.csv")
    assert [(row["find it by"], row["email"], row["name"]) for row in people] == [
        ("line 3 of a.csv", "", "‹name, 4 characters›"),
        ("line 4 of a.csv", "", ""),
    ]
    assert people[1]["_text"] == "‹free text, 23 characters›" and people[1]["_error"].startswith("wrong column count")
    for name in ("rows.stg_shop__orders.csv", "rows.stg_leads__people.csv.dictionary.md"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert "| find it by |" in (tmp_path / "rows.stg_shop__orders.csv.dictionary.md").read_text()
    found = "select what, for_whom, state, rows, format, in_clear, masked from ops.exports order by 1 desc"
    assert rows(found)[0][:6] == ("quarantine: stg_shop__orders", "the shop", "succeeded", 3, "csv", [])
    assert {"email", "name", "_text"} <= set(rows(found)[1][6])
    assert rows("select count(*) from ops.disclosures") == [(0,)]
    with pytest.raises(WeirError, match="is there already: give another name, or --replace"):
        export_rows(None, str(to), "the shop", False, None, False, False)


def test_in_clear_with_a_reason_and_as_sheets(company: Company, tmp_path: Path) -> None:
    to = tmp_path / "rows.xlsx"
    with pytest.raises(WeirError, match="--with-pii needs a reason"):
        export_rows(None, str(to), "x", True, None, False, False)
    assert export_rows(None, str(to), "the leads team", True, "they mend it", False, False) == 0
    book = load_workbook(to)
    assert book.sheetnames == ["stg_leads__people", "stg_shop__orders", "Dictionary"]
    people = list(book["stg_leads__people"].iter_rows(values_only=True))
    assert people[1][people[0].index("name")] == "=1+1"
    cell = book["stg_leads__people"].cell(2, people[0].index("name") + 1)
    assert cell.data_type == "s", "no formula"
    assert people[2][people[0].index("_text")] == "cy@lead.example,Cy,Cyan"
    assert rows("select command, model, because, rows from ops.disclosures") == [
        ("quarantine export", "stg_leads__people, stg_shop__orders", "they mend it", 5)
    ]
    assert rows("select 'name' = any(in_clear), masked from ops.exports") == [(True, [])]


def test_what_can_not_be_given(company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for model, to, says in (
        (None, None, "--to is missing"),
        (None, "rows.doc", "ends in .doc, which names no format"),
        ("stg_nope", str(tmp_path / "x.csv"), "no staging model 'stg_nope' has taken anything"),
        (None, str(tmp_path / "no/x.xlsx"), "there is no folder"),
    ):
        with pytest.raises(WeirError, match=says):
            export_rows(model, to, "x", False, None, False, False)
    with pytest.raises(WeirError, match="a cell of a sheet holds 32,767: export to"):
        rows_with("amount", "9" * 40_000)
        export_rows("stg_shop__orders", str(tmp_path / "x.xlsx"), "x", False, None, False, False)
    assert not list(tmp_path.glob("*x.xlsx*")) and not list(tmp_path.glob(".*.part"))
    assert rows("select state from ops.exports") == [("failed",)]
    with_none()
    assert export_rows(None, str(tmp_path / "x.csv"), "x", False, None, False, False) == 0
    assert "Nothing waits in quarantine: nothing was written." in capsys.readouterr().out


def rows_with(column: str, value: str) -> None:
    from weir.warehouse import Role, connect

    with connect(Role.OWNER) as connection:
        connection.execute(
            "update quality.quarantine set row = row || jsonb_build_object(%s::text, %s::text) where key = '6'",
            [column, value],
        )


def with_none() -> None:
    from weir.warehouse import Role, connect

    with connect(Role.OWNER) as connection:
        connection.execute("delete from quality.quarantine")
