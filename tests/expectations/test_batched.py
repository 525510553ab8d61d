"""Gate marts on a batched mart: totals add up, and the rows of new batches alone are judged."""

import html
import json
import re
from collections.abc import Iterator

import pytest

from expectations.gate import check_gate
from expectations.rules import Rule, in_range, no_rows, no_totals, ordered, reconciled, steady_mean
from expectations.suites.marts import MEANS, SUITES
from tests.support.publishing import NOW
from tests.support.shallow import shallow
from weir.core.settings import home
from weir.project import marts
from weir.project.marts import Mart
from weir.publish import evidence, publication, rollback
from weir.warehouse import Role, connect

USAGE = Mart("usage", ("account_id", "day"), event_time="day", batch_size="month", model="usage")
RULES = (
    in_range("n", 0, 100),
    ordered("n", "m"),
    steady_mean("n"),
    no_totals(
        "share", {"rows": "count(*)", "odd": "count(*) filter (where odd)"}, "2 * odd > rows", "{mart}: {odd} odd"
    ),
    reconciled("sum of n", "", "stg_usage", "account_id", "sum(n)", "sum(n)"),
)
# As a build leaves the batches.
BUILT = """
delete from ops.batches where model = 'usage';
insert into ops.batches (model, batch, changed, whole, rows, digest)
select 'usage', coalesce(date_trunc('month', day::timestamp) at time zone 'UTC', '-infinity'), 1, 1, count(*),
    sum(hashtextextended(hash_record_extended(row(account_id, day, m, n, odd), 0)::text, 0))
from analytics_next.usage group by 2"""


@pytest.fixture
def usage(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A mart of 2 accounts and the days of 2025, judged and published; staging says the same."""
    run(
        """create schema if not exists analytics_next; create schema staging;
        create table analytics_next.usage
            (account_id int not null, day date not null, n numeric(9, 2), m int, odd boolean);
        insert into analytics_next.usage select account_id, day, account_id, 0, account_id = 1 and day < '2025-04-01'
        from generate_series(1, 2) as account_id, generate_series(date '2025-01-01', '2025-12-31', '1 day') as day;
        create view staging.stg_usage as select account_id, n from analytics_next.usage"""
    )
    monkeypatch.setattr(marts, "marts", lambda: [USAGE])
    monkeypatch.setitem(SUITES, "usage", RULES)
    monkeypatch.setitem(MEANS, "usage", {"n": 2.0})
    assert judge("r1") == (True, "gate marts: passed")
    publication.publish_set("r1", NOW, found=(USAGE,), whole=False)
    yield


def run(statement: str) -> None:
    """Change the warehouse."""
    with connect(Role.OWNER) as connection:
        connection.execute(statement)


def judge(run_id: str, edit: str = "", *accept: str, after: str = "") -> tuple[bool, str]:
    """Build, with an edit, and judge; the verdict. `after` is done when the build has ended."""
    run(f"{edit}; {BUILT}")
    with connect() as connection:
        evidence.record(connection, evidence.Build(run_id, True, ""))
    if after:
        run(after)
    result = shallow(check_gate, "marts", run_id, accept=accept)[0]
    return result.passed, result.sentence


def titles(run_id: str) -> list[str]:
    """What Data Docs say was read."""
    page = (home() / f"data_docs/{run_id}/marts-marts.html").read_text()
    found = [html.unescape(re.sub("<[^>]*>", "", each)) for each in re.findall("<summary>(.*?)</summary>", page)]
    return [each.rpartition(":")[0].removeprefix("marts usage: ") for each in found]


def changed(day: str, n: object, m: int = 0) -> str:
    return f"update analytics_next.usage set n = {n}, m = {m} where account_id = 1 and day = '{day}'"


def test_what_was_read_is_told(usage: None) -> None:
    assert titles("r1") == ["totals of 12 batches, of which 12 were read"] * 2 + ["all rows"]
    assert judge("r2", changed("2025-03-03", 7))[0]
    assert titles("r2") == ["totals of 12 batches, of which 1 were read"] * 2 + [
        "the rows of 1 new of 12 batches; by these rules the others were judged before"
    ]
    assert judge("r3")[0]  # that of the failed publication is known
    assert titles("r3")[0] == "totals of 12 batches, of which 0 were read"


def test_rows_of_new_batches_are_judged(usage: None) -> None:
    said = "gate marts: usage has 1 rows out of range: n must be 0 to 100"
    assert judge("r2", changed("2025-03-03", 101)) == (False, said)
    assert judge("r3", changed("2025-03-03", 9, 10)) == (False, "gate marts: usage has 1 rows with more m than n")
    assert judge("r4", "insert into analytics_next.usage values (1, '2026-01-01', -1, -2)")[1].endswith(
        "n must be 0 to 100 (and 1 more)"
    )
    assert judge("r5", "delete from analytics_next.usage where day = '2026-01-01'; " + changed("2025-03-03", 9))[0]


def test_an_accepted_failure_is_judged_again_by_the_next_gate(usage: None) -> None:
    assert judge("r2", changed("2025-03-03", 101), "marts: usage")[0]
    publication.publish_set("r2", NOW, found=(USAGE,), whole=False)
    assert judge("r3", changed("2025-05-05", 4)) == (
        False,
        "gate marts: usage has 1 rows out of range: n must be 0 to 100",
    )
    assert titles("r3")[0] == "all rows"


def test_other_rules_judge_all_rows(usage: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SUITES, "usage", (in_range("n", 2, 100), *RULES[1:]))
    assert judge("r2", changed("2025-03-03", 7)) == (
        False,
        "gate marts: usage has 364 rows out of range: n must be 2 to 100",
    )


def test_after_a_roll_back_what_readers_see_decides(usage: None) -> None:
    assert judge("r2", changed("2025-03-03", 7))[0]
    publication.publish_set("r2", NOW, found=(USAGE,), whole=False)
    rollback.roll_back((USAGE,))
    assert judge("r3", changed("2025-04-04", 7))[0]
    assert titles("r3")[-1].startswith("the rows of 2 new of 12 batches")
    publication.publish_set("r3", NOW, found=(USAGE,), whole=False)
    assert judge("r4")[0] and titles("r4")[-1].startswith("the rows of 0 new of 12 batches")


EDITS = {
    "": "passed",
    "delete from analytics_next.usage where day < '2025-08-01'": "usage has 306 rows, less than half of the 730",
    "insert into analytics_next.usage select n, '2026-01-01', 1.5, 0 from generate_series(1, 1500) as n":
        "usage has 2,230 rows, more than three times the 730 published last",
    "update analytics_next.usage set n = 5 where day > '2025-06-01'": "the mean n of usage is 3.54, where 0.75",
    "update analytics_next.usage set n = null": "the mean n of usage is nothing, where 0.75 to 3 was expected",
    "update analytics_next.usage set n = null where day > '2025-02-01'": "passed",
    "truncate analytics_next.usage": "usage has 0 rows, less than half of the 730 published last (and 1 more)",
    "update analytics_next.usage set odd = account_id = 1 or day < '2025-02-01'": "usage: 396 odd",
    "update staging.stg_usage set n = 2 where n = 1": "the sum of n of usage is 1,095, but stg_usage less what",
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_batched_or_not_the_verdict_is_the_same(usage: None, monkeypatch: pytest.MonkeyPatch, edit: str) -> None:
    run("drop view staging.stg_usage; create table staging.stg_usage as select account_id, n from analytics_next.usage")
    if "analytics_next" in edit:
        edit += (
            "; truncate staging.stg_usage; insert into staging.stg_usage select account_id, n from analytics_next.usage"
        )
    by_batch = judge("r2", edit)
    monkeypatch.setattr(marts, "marts", lambda: [Mart("usage", USAGE.grain)])
    assert judge("r3") == by_batch
    assert EDITS[edit.split("; truncate staging")[0]] in by_batch[1]


def test_staged_rows_are_counted_by_batch(usage: None, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = reconciled("number of rows", "usages", "stg_usage", "n", "count(*)")
    monkeypatch.setitem(SUITES, "usage", (rule,))
    node = {"name": "stg_usage", "resource_type": "model", "config": {"event_time": "at", "batch_size": "month"}}
    file = marts.manifest_path()
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"nodes": {"m": node}}))
    run("""drop view staging.stg_usage; create schema intermediate;
        create table staging.stg_usage as select day::timestamptz as at, n from analytics_next.usage;
        insert into staging.stg_usage values (null, 7), ('2025-04-04Z', 8);
        create view intermediate.int_usages_held_back as select n from staging.stg_usage where n in (7, 8);
        insert into ops.batches (model, batch, changed, whole) select distinct 'stg_usage',
        coalesce(date_trunc('month', at), '-infinity'), 1, 1 from staging.stg_usage""")  # fmt: skip
    assert judge("r2") == (True, "gate marts: passed")
    deleted = "delete from staging.stg_usage where at >= '2025-03-31Z' and at < '2025-04-02Z'"  # of two batches
    step = "update ops.batches set changed = 2 where model = 'stg_usage' and batch = '2025-03-01Z'"
    said = "gate marts: the number of rows of usage is 730, but stg_usage less what is held back has 728"
    assert judge("r3", f"{deleted}; {step}") == (False, said), "a batch is counted when it has changed"
    file.unlink()
    assert judge("r4") == (False, said.replace("728", "726")), "without an event time all rows are"


def test_a_rule_that_does_not_add_up_reads_all_rows(usage: None, monkeypatch: pytest.MonkeyPatch) -> None:
    many = no_rows("one day", "select count(*) as n from {batch} having count(distinct day) > 365", "{mart}: {n} days")
    shares: Rule = reconciled("days", "", "stg_usage", "account_id", "count(distinct day)", "count(distinct n)")
    monkeypatch.setitem(SUITES, "usage", (*RULES, many, shares))
    assert judge("r2", "insert into analytics_next.usage values (1, '2026-01-01', 1, 0)") == (
        False, "gate marts: usage: 731 days (and 1 more)"
    )  # fmt: skip
    assert titles("r2")[0] == "all rows"


def test_what_was_changed_since_the_build_is_judged_whole(usage: None) -> None:
    bad = "update analytics_next.usage set n = 500 where account_id = 2 and day = '2025-03-04'"
    passed, sentence = judge("r2", changed("2025-03-03", 7), after=bad)
    assert not passed and "out of range" in sentence and titles("r2") == ["marts usage", "marts usage"]
    # in a batch that did not change it is not seen, and reaches no reader
    run("create table staging.kept as table staging.stg_usage; drop view staging.stg_usage")
    run("alter table staging.kept rename to stg_usage; update staging.stg_usage set n = 2 where n = 500")
    run("update analytics_next.usage set n = 2 where account_id = 2 and day = '2025-03-04'")
    assert judge("r3", after=bad.replace("2025-03-04", "2025-07-07"))[0]
    publication.publish_set("r3", NOW, found=(USAGE,), whole=False)
    with connect() as connection:
        assert connection.execute("select max(n)::int from analytics.usage").fetchone() == (7,)
