"""Gate marts: against the last publication, against the sources, against past rejections; each suite as declared."""

import html
import re
from collections.abc import Iterator

import pytest

from expectations.gate import check_gate
from expectations.suites.marts import SUITES
from tests.support.gates import stage
from tests.support.shallow import shallow
from weir.core.settings import home
from weir.project import marts
from weir.project.marts import Mart
from weir.warehouse import Role, connect


@pytest.fixture
def built(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """analytics_next with a mart of 210 rows, analytics with the same of 630; payments in staging, one held back."""
    with connect(Role.OWNER) as connection:
        connection.execute(
            """create schema if not exists analytics_next;  create schema staging; create schema intermediate;
            create table analytics.churn_features as select n as id from generate_series(1, 630) n;
            create table analytics_next.churn_features as select n as id from generate_series(1, 210) n;
            create table staging.stg_billing__payments as
                select n::text as payment_id, 10.00::numeric(12, 2) as amount from generate_series(1, 100) n;
            create table intermediate.int_payments_held_back as select '7'::text as payment_id;
            create table analytics_next.fct_payments as
                select *, 'succeeded'::text as status from staging.stg_billing__payments where payment_id <> '7'"""
        )
    monkeypatch.setattr(marts, "marts", lambda: [Mart("churn_features"), Mart("fct_payments")])
    monkeypatch.setitem(SUITES, "churn_features", ())
    yield


def judge(*accept: str) -> tuple[bool, str]:
    """The verdict."""
    result = shallow(check_gate, "marts", "run", accept=accept)[0]
    return result.passed, result.sentence


def run(statement: str) -> None:
    """Change the warehouse."""
    with connect(Role.OWNER) as connection:
        connection.execute(statement)


def test_less_than_half_of_what_was_published(built: None) -> None:
    sentence = "gate marts: churn_features has 210 rows, less than half of the 630 published last"
    assert judge() == (False, sentence)
    assert judge("marts: churn_features: too few rows")[0]
    assert judge("marts: churn_features")[0]
    assert not judge("marts: fct_payments")[0]


def test_first_publication_and_small_marts_have_no_limits(built: None) -> None:
    run("drop table analytics.churn_features")
    assert judge() == (True, "gate marts: passed")
    run("create table analytics.churn_features as select n as id from generate_series(1, 40) n")
    assert judge()[0]


def test_more_than_three_times(built: None) -> None:
    run("insert into analytics_next.churn_features select n from generate_series(1, 2000) n")
    assert judge() == (False, "gate marts: churn_features has 2,210 rows, more than three times the 630 published last")


def test_sums_are_those_of_the_source_less_what_is_held_back(built: None) -> None:
    run("drop table analytics.churn_features; update analytics_next.fct_payments set amount = 9 where payment_id = '1'")
    assert judge() == (
        False,
        "gate marts: the sum of payments of fct_payments is 989, "
        "but stg_billing__payments less what is held back has 990",
    )


def test_range_and_words(built: None) -> None:
    run("drop table analytics.churn_features; update analytics_next.fct_payments set status = 'lost' where amount > 0")
    passed, sentence = judge()
    assert not passed
    assert sentence == "gate marts: fct_payments has 99 rows whose status is none of succeeded, failed"


def test_no_value_runs_as_script_in_a_page(built: None) -> None:
    hostile = "<img src=x onerror=alert(1)>", "<script>alert(2)</script>", "'\"><svg onload=alert(3)>"
    run("drop table analytics.churn_features")
    with connect(Role.OWNER) as connection:
        for number, word in enumerate(hostile, 1):
            query = "update analytics_next.fct_payments set status = %s where payment_id = %s"
            connection.execute(query, [word, str(number)])
    assert not judge()[0]
    page = (home() / "data_docs/run/marts-marts.html").read_text()
    text = html.unescape(re.sub("<[^>]*>", " ", page))
    assert all(word in text for word in hostile), "a person still reads what was wrong"
    assert not re.search(r"<(img|script|svg|b)\b[^>]*(alert|onerror|onload)", page)
    assert "default-src 'none'" in page
    assert "default-src 'none'" in (home() / "data_docs/index.html").read_text()


def test_mean_against_the_last_publication(built: None) -> None:
    run("drop table analytics.churn_features; create table analytics.fct_payments as "
        "select payment_id, amount * 5 as amount, status from analytics_next.fct_payments")  # fmt: skip
    assert judge() == (
        False,
        "gate marts: the mean amount of fct_payments is 10, where 25 to 100 was expected from the 50 published last",
    )


def test_a_missing_column_is_said_plainly(built: None) -> None:
    run("drop table analytics.churn_features; alter table analytics_next.fct_payments drop column status")
    passed, sentence = judge()
    assert not passed
    assert "fct_payments: the rule “words of status” can't be judged" in sentence


def test_rejections_against_the_past(built: None) -> None:
    run("drop table analytics.churn_features")
    for number in range(3):
        stage(number, rejected=1, landed=1000)
    assert judge()[0]
    stage(3, rejected=200, landed=1000)
    passed, sentence = judge()
    assert not passed
    assert sentence == (
        "gate marts: stg_shop__orders rejected 200 of 1,000 landed rows, "
        "where at most 25 were expected (usual: 0.10 per cent)"
    )
    run("update quality.quarantine set resolved_at = now() where load_id = 'load3'")
    assert judge()[0]


def test_rejections_without_a_past(built: None) -> None:
    run("drop table analytics.churn_features")
    stage(0, rejected=600, landed=1000)
    assert judge() == (
        False,
        "gate marts: stg_shop__orders rejected 600 of 1,000 landed rows, where at most 500 were expected "
        "(half of them, for no earlier set tells what is usual)",
    )
