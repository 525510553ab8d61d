"""The gates: what trips them and what does not, in plain sentences; nothing of a secret on disk."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from cli import steps
from expectations.gate import check_gate
from expectations.rules import in_words
from tests.support.gates import stage
from tests.support.shallow import shallow
from tests.support.small_company import Company
from weir.core.errors import WeirError
from weir.warehouse import Role, connect

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def company(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """The small company, with raw tables and a ledger but nothing in them."""
    made = Company(tmp_path, monkeypatch)
    with connect(Role.OWNER) as connection:
        connection.execute(
            """create schema raw_shop; create schema raw_leads;
            create table raw_shop.orders (order_id text, amount text, updated_at text, _dlt_load_id text, _op text,
                _seq bigint generated always as identity);
            create table raw_leads.people (email text, name text, _file text, _line bigint, _text text, _error text,
                _dlt_load_id text, _op text, _seq bigint generated always as identity)"""
        )
    return made


def land(number: int, rows: int, deleted: int = 0, before: int | None = None, keys: int = 0, newest: str = "") -> None:
    """A load of orders, a day after the one before; `keys` of its rows have none."""
    moment = START + timedelta(days=number)
    cursor = newest or f"{moment:%Y-%m-%d}T00:00:00Z"
    columns = json.dumps({"order_id": "text", "updated_at": "text"})
    with connect(Role.OWNER) as connection:
        connection.execute(
            "insert into raw_shop.orders (order_id, updated_at, _dlt_load_id, _op) "
            "select case when n > %s then n::text end, %s, %s, 'upsert' from generate_series(1, %s) n",
            [keys, cursor, f"load{number}", rows - deleted],
        )
        connection.execute(
            "insert into ops.landings (load_id, job, run_id, source, table_name, promise, how, extracted, landed, "
            "deleted, source_rows, as_of, landed_at, columns) values (%s, 'orders', %s, 'shop', 'orders', 'exact', "
            "'compare', %s, %s, %s, %s, %s, %s, %s)",
            [f"load{number}", f"run{number}", rows, rows, deleted, before, moment, moment, columns],
        )


def judge(number: int, accept: tuple[str, ...] = ()) -> tuple[bool, str]:
    """Gate raw of the shop in run `number`."""
    moment = START + timedelta(days=number)
    result = shallow(check_gate, "raw", f"run{number}", ["shop"], moment=moment, accept=accept)[0]
    return result.passed, result.sentence


def usual(runs: int = 4, rows: int = 500) -> None:
    """A history of equal loads that passed."""
    for number in range(runs):
        land(number, rows, before=1000)
        assert judge(number) == (True, "gate raw shop: passed")
        stage(number)


def test_first_run_of_a_small_company_passes(company: Company) -> None:
    land(0, 3, before=3)
    assert judge(0) == (True, "gate raw shop: passed")


def test_nothing_landed_passes(company: Company) -> None:
    assert judge(0) == (True, "gate raw shop: passed")


def test_usual_loads_pass_and_ten_times_more_does_not(company: Company) -> None:
    usual()
    land(4, 6000)
    passed, sentence = judge(4)
    assert not passed
    assert sentence.startswith("gate raw shop: orders landed 6,000 rows, more than ten times what is usual")
    assert "at most 5,000 expected" in sentence


def test_a_longer_pause_may_bring_more(company: Company) -> None:
    usual()
    land(14, 6000)
    assert judge(14)[0]


def test_mass_deletes_fail_until_accepted_by_name(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEIR_AS_OF", "2026-01-05")
    usual()
    land(4, 600, deleted=600)
    assert judge(4) == (
        False,
        "gate raw shop: orders lost 600 rows at the source, at least half of the 1,000 it had",
    )
    assert not judge(4, accept=("raw shop: orders: volume",))[0]
    assert steps.check("raw", ["shop"]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert '(to accept it for one run: weir run --accept "raw shop: orders: deletes")' in told
    passed, sentence = judge(4, accept=("raw shop: orders: deletes",))
    assert passed
    assert "accepted: orders lost 600 rows" in sentence
    # What was not staged is judged again in the next run.
    assert not judge(5)[0]


def test_what_was_mended_since_it_landed_is_not_judged(company: Company) -> None:
    usual()
    land(4, 6000, keys=90)
    assert not judge(4)[0]
    # Taken back at the source: tombstones of rows that nobody ever saw.
    with connect(Role.OWNER) as connection:
        connection.execute(
            "update raw_shop.orders set order_id = 'new ' || _seq where _dlt_load_id = 'load4';"
            "insert into raw_shop.orders (order_id, _dlt_load_id, _op) "
            "select order_id, 'load5', 'delete' from raw_shop.orders where _dlt_load_id = 'load4'"
        )
    land(5, 6000, deleted=6000)
    assert judge(5) == (True, "gate raw shop: passed")


def test_unreadable_lines_that_were_mended_are_not_judged(company: Company) -> None:
    def lines(load: str, op: str, error: str | None) -> None:
        with connect(Role.OWNER) as connection:
            connection.execute(
                "insert into raw_leads.people (email, _file, _line, _error, _dlt_load_id, _op) select "
                "case when %(error)s::text is null and %(op)s = 'upsert' then n::text end, 'a.csv', n, %(error)s, "
                "%(load)s, %(op)s from generate_series(1, 100) n",
                {"load": load, "op": op, "error": error},
            )
            if op == "upsert":
                connection.execute(
                    "insert into ops.landings (load_id, job, run_id, source, table_name, promise, how, extracted, "
                    "landed, as_of) values (%s, 'people', %s, 'leads', 'people', 'as received', 'files', 100, 100, %s)",
                    [load, load, START],
                )

    lines("load1", "upsert", "wrong column count")
    assert not check_gate("raw", "load1", ["leads"], moment=START)[0].passed
    assert not check_gate("raw", "load1b", ["leads"], moment=START)[0].passed, "nothing new is no excuse"
    lines("load2", "delete", None)
    lines("load2", "upsert", None)
    assert check_gate("raw", "load2", ["leads"], moment=START)[0].sentence == "gate raw leads: passed"


def test_rows_without_a_key(company: Company) -> None:
    usual()
    land(4, 500, keys=90)
    assert judge(4) == (
        False,
        "gate raw shop: orders landed 90 rows without a key, of 500; at most 20 expected",
    )


def test_a_few_bad_rows_of_few_pass(company: Company) -> None:
    land(0, 20, keys=15)
    assert judge(0)[0]


def test_a_declared_column_that_no_longer_comes(company: Company) -> None:
    usual(1)
    land(1, 5)
    with connect(Role.OWNER) as connection:
        connection.execute("""update ops.landings set columns = '{"order_id": "text"}' where load_id = 'load1'""")
    assert judge(1) == (False, "gate raw shop: orders no longer has these declared columns: updated_at")


def test_a_source_that_falls_silent(company: Company) -> None:
    usual()
    passed, sentence = judge(40)
    assert not passed
    assert sentence == "gate raw shop: the newest row is 37 days old (in orders), where at most 7 were usual"


def test_a_source_that_brings_nothing_is_told_and_stops_nothing(company: Company) -> None:
    land(0, 30)
    assert judge(0)[0]
    stage(0)
    with connect(Role.OWNER) as connection:
        connection.execute("alter table raw_shop.orders rename updated_at to changed")
    assert judge(29) == (True, "gate raw shop: passed")
    warned = "warning: the source has brought nothing new for 90 days, where at most 30 were usual"
    assert judge(90) == (True, f"gate raw shop: passed; {warned}")


def test_rows_unlike_those_before_are_told_and_stop_nothing(company: Company) -> None:
    usual(2)
    land(2, 100)
    with connect(Role.OWNER) as connection:
        connection.execute(
            "update raw_shop.orders set order_id = repeat('long', 9) || _seq where _dlt_load_id = 'load2'"
        )
    warned = "warning: the new rows of orders are unlike those before: order_id is no number in 100 of 100 rows"
    passed, sentence = judge(2)
    assert passed and warned in sentence


def test_moments_that_moved_alike_are_told_once_and_stop_nothing(company: Company) -> None:
    def touch(number: int, hours: int) -> None:
        land(number, 100, before=100)
        with connect(Role.OWNER) as connection:
            connection.execute(
                "update raw_shop.orders set updated_at = (timestamp '2025-11-01' + order_id::int * interval '7 hours' "
                "+ %s * interval '1 hour')::text where _dlt_load_id = %s",
                [hours, f"load{number}"],
            )

    usual_, moved = "gate raw shop: passed", "updated_at moved {} in 100 of 100 changed rows"
    told = f"{usual_}; warning: the new rows of orders are unlike those before: {moved}"
    by_nine, back = told.format("by 9 hours"), told.format("back by 9 hours")
    for number, (hours, said) in enumerate([(0, usual_), (9, by_nine), (0, back), (9, usual_), (0, usual_)]):
        touch(number, hours)
        assert judge(number) == (True, said)
        stage(number)


def test_twice_as_many_rows_are_told_and_stop_nothing(company: Company) -> None:
    land(0, 300, before=300)
    assert judge(0)[0]
    stage(0)
    land(1, 299, before=599)
    assert judge(1) == (True, "gate raw shop: passed")
    stage(1)
    land(2, 600, before=1199)
    warned = "warning: orders has 1,199 rows at the source, twice the 599 it had, or more"
    assert judge(2) == (True, f"gate raw shop: passed; {warned}")


HALVES = [(40, 20, False), (40, 21, True), (20, 20, True), (300, 150, True), (300, 149, False), (5, 5, True)]


@pytest.mark.parametrize(("before", "deleted", "is_told"), HALVES)
def test_half_of_the_rows_gone(company: Company, before: int, deleted: int, is_told: bool) -> None:
    land(0, before, before=before)
    assert judge(0)[0]
    stage(0)
    land(1, deleted, deleted=deleted)
    assert judge(1)[0] != is_told


def test_a_cursor_in_the_future_hides_nothing(company: Company) -> None:
    usual()
    land(4, 5, newest="2099-01-01T00:00:00Z")
    assert judge(4)[0]


def test_verdicts_pages_and_no_secret(company: Company, warehouse: str, home: Path) -> None:
    land(0, 3)
    judge(0)
    with psycopg.connect(warehouse) as connection:
        row = connection.execute("select gate, scope, passed, results->'tables'->0->>'rows_landed' from ops.gates")
        assert row.fetchone() == ("raw", "shop", True, "3")
    pages = list((home / "data_docs").rglob("*.html"))
    assert len(pages) == 2
    password = warehouse.split("@")[0].rsplit(":", 1)[1]
    for page in pages:
        text = page.read_text()
        assert password not in text
        assert "http" not in text.replace("http-equiv", ""), "a page must work with no network"
    assert "run0/raw-shop.html" in (home / "data_docs" / "index.html").read_text()


def test_no_such_gate(warehouse: str) -> None:
    with pytest.raises(WeirError, match="there is no gate 'rows': it is raw or marts"):
        check_gate("rows", "run")


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234, "1,234"), (1234.0, "1,234"), (0.256, "0.26"), ("x", "x"), (None, "nothing"), (True, "true")],
)
def test_numbers_in_sentences(value: object, text: str) -> None:
    assert in_words(value) == text
