"""The one build that `weir build` and `weir run` call: what it writes down, and what the next run makes of it."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from cli import steps
from tests.support.shallow import shallow
from tests.support.small_company import Company
from weir.core.errors import WeirError
from weir.core.settings import project_dir
from weir.dbt import selection
from weir.dbt.build import build_set
from weir.dbt.engine import Dbt, prepare
from weir.dbt.results import Built, NodeEvent, OnNode
from weir.dbt.selection import Todo, Why
from weir.dbt.unit_tests import POSSIBLE

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
UNIT_TESTS = """
unit_tests:
  - name: an_order_keeps_its_amount
    model: fct_orders
    given: [{input: ref('stg_shop__orders'), rows: [{order_id: 1, amount: "AMOUNT"}]}]
    expect: {rows: [{order_id: 1, amount: "2.00"}]}
"""
ORDERS = "\"source('shop', 'orders')\""


@pytest.fixture
def company(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """The small company with a unit test, all of it landed."""
    made = Company(tmp_path, monkeypatch)
    made.orders(1, 300)
    made.people("a.csv", ["ann@x.io,Ann"])
    unit_tests(made, "2.00")
    assert steps.land(None, None, AS_OF, full=False) == 0
    return made


def unit_tests(company: Company, amount: str) -> None:
    """The unit test of orders, which holds where the amount is 2.00."""
    path = company.folder / "project/models/marts/_unit_tests.yml"
    path.write_text(UNIT_TESTS.replace("AMOUNT", amount))


def make(run_id: str, todo: Todo | None = None, beside: bool = False, on_node: OnNode = lambda node: None) -> Built:
    """A build by hand, of everything unless said."""
    prepare(AS_OF, run_id)
    return shallow(build_set, Dbt("--quiet", beside=beside), todo or selection.by_hand(), run_id, AS_OF, on_node)


def query(statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(os.environ["WAREHOUSE_URL"], autocommit=True, options="-c TimeZone=UTC") as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def next_run() -> Why:
    """Why a run that nothing new has landed for would build."""
    return selection.decide(project_dir(), AS_OF).why


@pytest.fixture
def by_hand(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """A function that calls a step by hand and returns what it prints."""

    def call(step: Callable[..., int], *arguments: object) -> str:
        assert shallow(step, *arguments) == 0
        return capsys.readouterr().out

    return call


@pytest.mark.slow
def test_a_set_that_was_built_and_published_by_hand_leaves_a_run_nothing_to_do(
    company: Company, by_hand: Callable[..., str]
) -> None:
    assert next_run() is Why.FIRST
    assert "next: `weir check marts`, `weir publish`" in by_hand(steps.build, None, False, AS_OF)
    assert next_run() is Why.UNPUBLISHED
    by_hand(steps.check, "marts", None)
    assert "301 rows changed in 2 marts." in by_hand(steps.publish, AS_OF, [])
    assert next_run() is Why.NOTHING_NEW
    assert query("select command, state from ops.runs order by started_at") == [
        ("land", "succeeded"), ("build", "succeeded")
    ]  # fmt: skip
    company.people("a.csv", ["ann@x.io,Anna"])
    by_hand(steps.land, None, None, AS_OF, False)
    assert next_run() is Why.NEW_ROWS
    for step in ((steps.build, None, False, AS_OF), (steps.check, "marts", None), (steps.publish, AS_OF, [])):
        by_hand(*step)
    assert "Forward again: mend the cause, then `weir run`" in by_hand(steps.roll_back)
    assert query("select name from analytics.dim_people") == [("Ann",)]
    assert "1 rows changed in 2 marts." in by_hand(steps.publish, AS_OF, [])
    assert query("select name from analytics.dim_people") == [("Anna",)]
    assert next_run() is Why.NOTHING_NEW

    told = by_hand(steps.build, "dim_people", False, AS_OF)
    assert "only a part was built: it is not published" in told
    with pytest.raises(WeirError, match=r"for only a part was built \(--select dim_people\): `weir build` builds the"):
        steps.publish(AS_OF, [])
    assert next_run() is Why.UNPUBLISHED

    assert "Unit tests: not run" in by_hand(steps.build, None, False, AS_OF)
    for step in ((steps.check, "marts", None), (steps.publish, AS_OF, [])):
        by_hand(*step)
    # nothing of this project reads the clock
    assert selection.decide(project_dir(), AS_OF + timedelta(days=1)).why is Why.NOTHING_NEW
    assert "Unit tests: not run" in by_hand(steps.build, None, False, AS_OF)
    query("delete from analytics_next.fct_orders")
    assert shallow(steps.check, "marts", None) == 1
    with pytest.raises(WeirError, match="nothing is published, for the gate failed: "):
        steps.publish(AS_OF, [])
    assert next_run() is Why.UNPUBLISHED
    assert query("select count(*) from analytics.fct_orders") == [(300,)]


@pytest.mark.slow
def test_unit_tests_run_until_all_have_passed_with_this_code(company: Company) -> None:
    first = make("one")
    assert first.passed and first.all_unit_tests_passed and first.counts["pass"] == 3
    again = make("two")
    assert again.passed and again.without_unit_tests and again.counts["pass"] == 2
    unit_tests(company, "3.00")
    for name in ("three", "four"):
        failed = make(name)
        assert not failed.passed and "unit test an_order_keeps_its_amount" in failed.sentence
    unit_tests(company, "2.000")
    part = make("five", selection.by_hand("dim_people"))
    assert part.passed and not part.without_unit_tests and not part.all_unit_tests_passed
    whole = make("six")
    assert whole.passed and whole.counts["pass"] == 3, "a part has not tested the rest"
    assert make("seven").without_unit_tests
    query("alter table raw_shop.orders alter column amount type numeric using amount::numeric")
    assert not make("eight").without_unit_tests, "what a unit test's rows are cast to comes from raw"


@pytest.mark.slow
@pytest.mark.skipif(not POSSIBLE, reason="only Linux promises that a process can go on after a fork")
def test_unit_tests_beside_the_build_are_judged_as_within_it(company: Company) -> None:
    """In a warehouse where no model stands yet, so that each waits for its parents."""
    events: list[NodeEvent] = []
    built = make("one", beside=True, on_node=events.append)
    assert built.passed and built.all_unit_tests_passed and built.counts["pass"] == 3
    assert [each.state for each in events if each.kind == "unit_test"] == ["started", "pass"]
    unit_tests(company, "3.00")
    failed = make("two", beside=True)
    assert not failed.passed and failed.counts["fail"] == 1 and failed.counts["pass"] == 2
    assert failed.sentence.startswith("unit test an_order_keeps_its_amount")
    query("drop table staging.stg_shop__orders cascade")
    (company.folder / "project/models/staging/shop/stg_shop__orders.sql").write_text("select 1 as order_id")
    failed = make("three", beside=True)
    assert [fault.split(" (")[0] for fault in failed.faults] == ["model stg_shop__orders"], "its parents are not there"
    assert failed.passed_unit_tests == 0


@pytest.mark.slow
@pytest.mark.skipif(not POSSIBLE, reason="only Linux promises that a process can go on after a fork")
def test_unit_tests_run_again_where_their_columns_or_the_code_changed(company: Company) -> None:
    path = company.folder / "project/models/marts/_more_unit_tests.yml"
    more = UNIT_TESTS.replace("an_order_keeps_its_amount", "an_order_is_read").replace("AMOUNT", "2.00")
    path.write_text(more.replace("fct_orders", "stg_shop__orders").replace("ref('stg_shop__orders')", ORDERS))

    def ran(run_id: str, todo: Todo | None = None) -> list[str]:
        events: list[NodeEvent] = []
        built = make(run_id, todo, beside=True, on_node=events.append)
        assert built.passed and built.all_unit_tests_passed
        return sorted(event.name for event in events if event.kind == "unit_test" and event.state == "pass")

    assert ran("one") == ["an_order_is_read", "an_order_keeps_its_amount"]
    query("alter table raw_shop.orders add column remark text")
    part = selection.Todo(Why.NEW_ROWS, "", ["source:leads.people+"], tested_at="2026-07-01T00:00:00Z")
    assert ran("two", part) == ["an_order_is_read"], "the columns of the staged table are as they were"
    assert make("three", beside=True).without_unit_tests
    unit_tests(company, "2.0")
    assert ran("four") == ["an_order_is_read", "an_order_keeps_its_amount"]
    query("alter table raw_leads.people add column remark text")
    unit_tests(company, "3.00")
    assert not make("five", beside=True).passed
    assert not make("six", beside=True).passed, "what failed is not kept"


@pytest.mark.slow
@pytest.mark.skipif(not POSSIBLE, reason="only Linux promises that a process can go on after a fork")
def test_unit_tests_of_a_model_whose_parents_were_never_built_wait(company: Company) -> None:
    """The source of the parents was down from the first run on."""
    more = UNIT_TESTS.replace("an_order_keeps_its_amount", "a_person_is_read").replace("fct_orders", "dim_people")
    for old in ('order_id: 1, amount: "AMOUNT"', 'order_id: 1, amount: "2.00"'):
        more = more.replace(old, "email: a")
    path = company.folder / "project/models/marts/_more_unit_tests.yml"
    path.write_text(more.replace("stg_shop__orders", "stg_leads__people"))
    chosen, left_out, since = ["source:shop.orders+"], ["source:leads+"], "2026-07-01T00:00:00Z"
    built = make("one", Todo(Why.NEW_ROWS, "", chosen, left_out, tested_at=since), beside=True)
    assert built.passed, built.faults
    assert built.passed_unit_tests == 1 and not built.all_unit_tests_passed
    assert make("two", beside=True).all_unit_tests_passed


@pytest.mark.slow
def test_a_build_that_can_not_start_is_written_down_as_failed(company: Company) -> None:
    (company.folder / "project/models/marts/broken.sql").write_text("select {{ 1")
    with pytest.raises(WeirError, match="broken"):
        make("one")
    [(passed, sentence)] = query("select passed, sentence from ops.builds")
    assert not passed and "broken" in str(sentence)
    with pytest.raises(WeirError, match="nothing was built yet"):
        steps.publish(AS_OF, [])


def test_dbts_log_holds_statements_at_level_debug_alone(company: Company) -> None:
    """Events of statements are made where the log takes them, in whichever order the levels are asked for."""
    log = company.folder / "home" / "logs" / "dbt.log"
    statement = "On model.small.stg_shop__orders: "
    for level, written in (("info", False), ("debug", True), ("info", False)):
        prepare(AS_OF, "levels")
        log.unlink(missing_ok=True)
        shallow(Dbt("--quiet", "--log-level-file", level).invoke, "run", "--select", "stg_shop__orders")
        assert (statement in log.read_text()) is written, level
        assert "1 of 1 START" in log.read_text()


def test_a_build_writes_its_results_and_the_sql_that_it_compiled(company: Company) -> None:
    """People find results, compiled SQL and manifest in dbt's folder."""
    make("written")
    target = Path(os.environ["WEIR_HOME"]) / "target" / "prod"
    results = json.loads((target / "run_results.json").read_text())["results"]
    assert "model.small.fct_orders" in {result["unique_id"] for result in results}
    assert list(target.glob("compiled/**/fct_orders.sql"))
    assert "model.small.fct_orders" in json.loads((target / "manifest.json").read_text())["nodes"]


def test_results_that_cannot_be_written_are_one_sentence(company: Company) -> None:
    target = Path(os.environ["WEIR_HOME"]) / "target" / "prod"
    make("written")
    (target / "run_results.json").unlink()
    (target / "run_results.json").mkdir()
    with pytest.raises(
        WeirError, match=r"results can't be written to .*run_results.json \(Is a directory\): mend that"
    ):
        make("again")
