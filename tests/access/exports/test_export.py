"""`weir export`: each format gives every value back; what is given is masked, whole and written down, or not there."""

import csv
import hashlib
import json
import os
import stat
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow
import pytest
from pyarrow import parquet

from tests.support.giving import PEOPLE, declare, publish, sheet
from tests.support.publishing import Sql, release
from weir.access.exports.export import export
from weir.access.exports.wanted import Given, Wanted
from weir.core.errors import WeirError
from weir.project.marts import Mart


@pytest.fixture
def given(run: Sql, tmp_path: Path):
    """A function that exports into the test's folder and returns the Given with the path of the file."""
    publish(run)

    def give(what: str, file: str, **more: object) -> tuple[Given, Path]:
        wanted = Wanted(what, str(tmp_path / file), "Ann, finance", **more)  # type: ignore[arg-type]
        return export(wanted), tmp_path / file

    return give


def test_csv_gives_back_every_value_and_no_formula(run: Sql, given) -> None:
    found, path = given("people", "p.csv")
    masked = run("select email from analytics.people where id = 1")[0][0]
    assert path.read_text() == (
        'id,email,plan,"a ""b,C"\n'
        f'1,{masked},\'=1+1,7\n2,,"",\n3,{run("select email from analytics.people where id = 3")[0][0]},'
        '"team, ""x""\ny",-3\n'
    )
    assert (found.rows, found.masked, found.in_clear) == (3, ("email",), ()) and "acme" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert given("people", "f.csv", formulas=True)[1].read_text().count("'=1+1") == 0
    text = given("odd", "o.csv")[1].read_text()
    with open(given("odd", "o.csv", replace=True)[1], newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1][:8] == ["1", "9223372036854775807", "12345678901234567890.123456789", "-0.50", "0.1", "1e-300", "t",
                           "2026-02-28"] and rows[1][9] == "2026-02-27 23:02:03.123456+00"  # fmt: skip
    assert rows[1][15] == '\'\tü\\n "quoted"\r\n_x0041_' and rows[3][15] == "'@cmd" and rows[3][2] == "-1"
    assert rows[2] == [""] * 16 and text.count('""') >= 1


def test_parquet_has_the_types_of_the_columns(given) -> None:
    found, path = given("odd", "o.parquet")
    table = parquet.read_table(path)
    assert [str(field.type) for field in table.schema] == [
        "int16", "int64", "decimal128(29, 9)", "decimal128(12, 2)", "float", "double", "bool", "date32[day]",
        "timestamp[us]", "timestamp[us, tz=UTC]", "string", "string", "string", "string", "string", "string",
    ]  # fmt: skip
    first, void, last = table.to_pylist()
    assert first["wide"] == Decimal("12345678901234567890.123456789") and first["money"] == Decimal("-0.50")
    assert first["moment"] == datetime(2026, 2, 27, 23, 2, 3, 123456, tzinfo=UTC) and first["whole"] == 1e-300
    assert (
        first["t"] == '\tü\\n "quoted"\r\n_x0041_' and first["bytes"] == "\\xdead" and first["list"] == '{a,NULL,"b c"}'
    )
    assert set(void.values()) == {None} and last["day"] == date(1, 1, 1) and last["whole"] != last["whole"]
    assert last["part"] == float("-inf") and last["bytes"] == "\\x" and last["at"] == datetime(1850, 1, 1)
    assert found.digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_parquet_can_not_hold_is_text_and_the_dictionary_says_so(run: Sql, given) -> None:
    run("insert into analytics.odd (wide, money, day, moment) values ('NaN', 'NaN', 'infinity', '2026-01-01 BC')")
    found, path = given("odd", "o.parquet")
    last = parquet.read_table(path).to_pylist()[-1]
    assert [last[name] for name in ("wide", "money", "day", "moment")] == [
        "NaN",
        "NaN",
        "infinity",
        "2026-01-01 00:00:00+00 BC",
    ]
    assert set(found.notes) == {"wide", "money", "day", "moment"}
    assert "no type of Parquet holds" in Path(found.dictionary).read_text()
    assert parquet.read_schema(path).field("at").type == pyarrow.timestamp("us")


def test_xlsx_has_numbers_and_dates_and_loses_no_digit(given) -> None:
    found, path = given("odd", "o.xlsx")
    head, first, void, last = sheet(path)
    row = dict(zip(head, first, strict=True))
    assert row | {} == {
        "small": 1, "big": "9223372036854775807", "wide": "12345678901234567890.123456789", "money": -0.5, "part": 0.1,
        "whole": 1e-300, "yes": True, "day": datetime(2026, 2, 28), "at": datetime(2026, 2, 28, 1, 2, 3, 500000),
        "moment": "2026-02-27 23:02:03.123456+00", "doc": '{"a": [1, "=x"]}', "raw": '{"k":\n 1}',
        "list": '{a,NULL,"b c"}', "id": "00000000-0000-0000-0000-000000000001", "bytes": "\\xdead",
        "t": row["t"],
    }  # fmt: skip
    from openpyxl.utils.escape import unescape

    assert unescape(row["t"]) == '\tü\\n "quoted"\r\n_x0041_'
    assert not any(void) and last[5] == "NaN" and last[4] == "-Infinity" and last[8] == "1850-01-01 00:00:00"
    assert last[15] == "@cmd" and found.notes["big"].startswith("values as text: 1")
    assert sheet(path, "Dictionary")[0] == ("column", "type", "description", "note")
    formula = given("people", "p.xlsx")[1]
    assert [row[2] for row in sheet(formula)] == ["plan", "=1+1", None, 'team, "x"\ny']
    from openpyxl import load_workbook

    assert load_workbook(formula)["Data"]["C2"].data_type != "f"


def test_json_lines_are_the_rows(given) -> None:
    _, path = given("odd", "o.jsonl")
    first, void, last = (json.loads(line, parse_float=Decimal) for line in path.read_text().splitlines())
    assert first["wide"] == Decimal("12345678901234567890.123456789") and first["doc"] == {"a": [1, "=x"]}
    assert first["raw"] == {"k": 1} and first["list"] == ["a", None, "b c"] and first["moment"].endswith("+00:00")
    assert first["t"] == '\tü\\n "quoted"\r\n_x0041_' and set(void.values()) == {None} and last["whole"] == "NaN"


def test_where_and_columns_make_it_smaller(given) -> None:
    where = 'people."a ""b,C" > 0 or plan = \'\' -- a remark'
    _, path = given("people", "p.csv", where=where, columns=("plan", "id"))
    assert path.read_text() == 'plan,id\n\'=1+1,1\n"",2\n'
    assert given("analytics.people", "q.csv", where="id in (select id from people where id > 2)")[0].rows == 1
    assert given("people", "r.jsonl", where="false")[0].rows == 0


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx", "jsonl"])
def test_no_rows_are_a_file_too(given, form: str) -> None:
    found, path = given("odd", f"o.{form}", where="small > 99")
    assert found.rows == 0 and path.exists() and Path(found.dictionary).exists()


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("1=1) union select * from ops.runs --", "can't be read as SQL"),
        ("true; drop table analytics.people", "can't be read as SQL"),
        ("id in (select 1 from ops.runs)", "permission denied for schema ops"),
        ("set_config('role', 'none', true) is not null", "calls set_config"),
        ("pg_catalog.\"pg_sleep\"(9) is null", "calls pg_sleep"),
        ("U&\"set\\005fconfig\"('role', 'none', true) is null", "calls"),
        ("nothing = 1", 'column "nothing" does not exist'),
        ("plan::int = 1", "InvalidTextRepresentation"),
        ("exists (with gone as (delete from analytics.people returning 1) select from gone)", "holds DELETE"),
        ("(", "can't be read as SQL"),
    ],
)  # fmt: skip
def test_where_filters_and_does_nothing_else(run: Sql, given, tmp_path: Path, where: str, says: str) -> None:
    with pytest.raises(WeirError, match=says) as fault:
        given("people", "p.csv", where=where)
    assert "team" not in str(fault.value), "a value of the data"
    assert os.listdir(tmp_path) in (["home"], []) and run("select count(*) from analytics.people") == [(3,)]


def test_a_file_with_a_question_is_read_as_the_marts_reader(run: Sql, given, tmp_path: Path) -> None:
    (tmp_path / "by plan.sql").write_text(
        "-- how many; of each\nwith one as (select * from people)\n"
        "select plan as \"the plan\", count(*) as n, ';' as semi\n"
        "from one group by 1 order by 2, 1 desc -- sorted\n;\n-- the end\n"
    )
    found, path = given(str(tmp_path / "by plan.sql"), "p.csv")
    assert path.read_text() == 'the plan,n,semi\n"team, ""x""\ny",1,;\n\'=1+1,1,;\n"",1,;\n'
    assert "What they pay for \\| by the month" in Path(found.dictionary).read_text(), (
        "known by its table, also renamed"
    )
    kept = run("select what, for_whom, statement ~ 'group by', columns, rows, state from ops.exports")
    assert kept == [("by plan.sql", "Ann, finance", True, ["the plan", "n", "semi"], 3, "succeeded")]
    for text, says in [
        ("select 1; select 2", "must hold one select"), ("delete from people", "must hold one select"),
        ("select * into mine from people", "must only read"), ("select 1 as a, 2 as a", "two columns are called a"),
        ("select * from ops.runs", "permission denied"), ("", "must hold one select"),
        ("select", "no columns|can't be read"),
        ("copy people to '/tmp/x'", "must hold one select"),
        ("select email from analytics_private.people", "permission denied"),
        ("with x as (insert into people values (9) returning 1) select * from x", "INSERT"),
    ]:  # fmt: skip
        (tmp_path / "bad.sql").write_text(text)
        with pytest.raises(WeirError, match=says):
            given(str(tmp_path / "bad.sql"), "bad.csv")


def test_clear_values_need_a_reason_and_are_written_down(run: Sql, given) -> None:
    with pytest.raises(WeirError, match="need a reason"):
        given("people", "p.csv", with_pii=True)
    found, path = given("people", "p.csv", with_pii=True, because="the auditor asked", where="email like 'ann@%'")
    assert "ann@acme.example" in path.read_text() and found.rows == 1 and found.in_clear == ("email",)
    assert "email, in clear" in Path(found.dictionary).read_text()
    assert run("select in_clear, masked, because, where_clause, digest from ops.exports") == [
        (["email"], [], "the auditor asked", "email like 'ann@%'", hashlib.sha256(path.read_bytes()).hexdigest())
    ]
    kept = run("select command, model, because, rows from ops.disclosures")
    assert kept == [("export", "people", "the auditor asked", 1)]
    with pytest.raises(WeirError, match="no personal columns: leave --with-pii out"):
        given("odd", "o.csv", with_pii=True, because="x")


def test_names_that_are_wrong_lead_on(run: Sql, given, tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("mine")
    for what, file, more, says in [
        ("peeple", "p.csv", {}, "there is no mart peeple: did you mean people"),
        ("zzz", "p.csv", {}, "there are odd, people"),
        ("people", "p.txt", {}, "ends in .txt, which names no format: let the file end in .csv, .parquet"),
        ("people", "there.csv", {}, "there.csv is there already: give another name, or --replace"),
        ("people", "no/p.csv", {}, "there is no folder"),
        ("people", "p.csv", {"columns": ("emial",)}, "there is no column emial: did you mean email"),
        ("people", "p.csv", {"because": "x"}, "add --with-pii"),
        ("gone.sql", "p.csv", {}, "gone.sql can't be read: No such file"),
    ]:  # fmt: skip
        with pytest.raises(WeirError, match=says):
            given(what, file, **more)
    assert (tmp_path / "there.csv").read_text() == "mine" and run("select count(*) from ops.exports") == [(0,)]
    assert given("people", "there.csv", replace=True)[0].rows == 3


def test_nothing_is_published_yet(run: Sql, tmp_path: Path) -> None:
    with pytest.raises(WeirError, match="nothing is published yet: type `weir run` first"):
        export(Wanted("people", str(tmp_path / "p.csv"), "Ann"))


def test_a_mart_that_hides_rows_from_the_reader_is_no_export(run: Sql, given) -> None:
    mart = replace(PEOPLE, rows_for={"weir_analyst": "id = 1"})
    declare(mart)
    release("r2", marts=(mart, Mart("odd")))
    with pytest.raises(WeirError, match="shows this role only some of its rows"):
        given("people", "p.csv")
    assert given("odd", "o.csv")[0].rows == 3


def test_a_mart_that_changes_meanwhile_is_given_as_it_was(run: Sql, given, monkeypatch: pytest.MonkeyPatch) -> None:
    from weir.access.exports import export as module

    true = module.writer

    def late(form: str):
        run("delete from analytics.people")
        return true(form)

    monkeypatch.setattr(module, "writer", late)
    assert given("people", "p.csv")[0].rows == 3 and run("select count(*) from analytics.people") == [(0,)]


def test_a_server_that_dies_leaves_no_half_file(
    run: Sql, given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from weir.warehouse.stream import Stream

    true = Stream.blocks

    def broken(self, query: str, size: int, **form):
        for number, block in enumerate(true(self, query, size, **form)):
            if not number:
                run("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() "
                    "and datname = current_database()")  # fmt: skip
            yield block

    monkeypatch.setattr(Stream, "blocks", broken)
    (tmp_path / "home" / "long.sql").write_text("select n, repeat('x', 100) as t from generate_series(1, 1000000) as n")
    with pytest.raises(psycopg.OperationalError):
        given(str(tmp_path / "home" / "long.sql"), "p.csv")
    assert [name for name in os.listdir(tmp_path) if name != "home"] == []
    assert run("select state, rows, digest from ops.exports") == [("failed", None, None)]


def test_a_sheet_that_is_too_long_is_refused_before_anything_is_written(run: Sql, given, tmp_path: Path) -> None:
    (tmp_path / "long.sql").write_text("select n from generate_series(1, 1048576) as n")
    with pytest.raises(WeirError, match=r"more than 1,048,575 rows.*\.csv or \.parquet"):
        given(str(tmp_path / "long.sql"), "l.xlsx")
    (tmp_path / "wide.sql").write_text("select repeat('x', 40000) as t")
    with pytest.raises(WeirError, match="a text of 40,000 characters in t"):
        given(str(tmp_path / "wide.sql"), "w.xlsx")
    assert sorted(os.listdir(tmp_path)) == ["home", "long.sql", "wide.sql"]
    assert run("select count(*) from ops.exports where state = 'failed' and message ~ 'parquet'") == [(2,)]
