"""Gate marts on a batched mart with a key: rows of changed keys are judged, and what is measured follows from them."""

import html
import re
from collections.abc import Iterator

import pytest

from expectations.gate import check_gate
from expectations.rules import in_range, no_rows, no_totals, reconciled, steady_mean
from expectations.suites.marts import MEANS, SUITES
from tests.support.parts import USAGE, build, full_refresh
from tests.support.publishing import NOW
from tests.support.shallow import shallow
from weir.core.settings import home
from weir.project import marts
from weir.publish import evidence, publication, rollback
from weir.warehouse import Role, connect

RULES = (
    in_range("n", 0, 100),
    no_rows("odd id", "select count(*) as bad from {batch} where id < 0 having count(*) > 0", "{mart}: {bad}", True),
    steady_mean("n"),
    no_totals("many", {"rows": "count(*)", "filled": "count(n)"}, "2 * filled < rows", "{mart}: {filled} filled"),
    reconciled("sum of n", "", "stg_usage", "id", "sum(n)", "sum(n)"),
)


def run(statement: str) -> list[tuple]:
    """Run SQL in the warehouse; the rows of its last statement."""
    with connect(Role.OWNER) as connection:
        cursor = connection.execute(statement)
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def usage(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A mart of 60 accounts and 12 months, judged and published; staging says the same."""
    run("""create schema if not exists analytics_next; create schema staging;
        create table analytics_next.usage (id int not null, account_id int, day date, n numeric(9, 2));
        create view staging.stg_usage as select id, n from analytics_next.usage""")
    full_refresh(run, """insert into analytics_next.usage
        select 100 * account_id + month, account_id, make_date(2025, month, 5), 2
        from generate_series(1, 60) as account_id, generate_series(1, 12) as month""")  # fmt: skip
    monkeypatch.setattr(marts, "marts", lambda: [USAGE])
    monkeypatch.setitem(SUITES, "usage", RULES)
    monkeypatch.setitem(MEANS, "usage", {"n": 2.0})
    assert judge("r1") == (True, "gate marts: passed")
    publish("r1")
    yield


def judge(run_id: str) -> tuple[bool, str]:
    """Judge what is built; the verdict."""
    with connect() as connection:
        evidence.record(connection, evidence.Build(run_id, True, ""))
    result = shallow(check_gate, "marts", run_id)[0]
    return result.passed, result.sentence


def publish(run_id: str) -> None:
    publication.publish_set(run_id, NOW, found=(USAGE,), whole=False)


def titles(run_id: str) -> list[str]:
    """The titles in Data Docs, which say what was read."""
    page = (home() / f"data_docs/{run_id}/marts-marts.html").read_text()
    found = [html.unescape(re.sub("<[^>]*>", "", each)) for each in re.findall("<summary>(.*?)</summary>", page)]
    return list(dict.fromkeys(each.rpartition(":")[0].removeprefix("marts usage: ") for each in found))


def edit(account: int, month: int, n: object) -> str:
    return f"update analytics_next.usage set n = {n} where account_id = {account} and day = '2025-{month:02}-05'"


def test_what_was_read_is_told(usage: None) -> None:
    build(run, ";".join([edit(3, 3, 4), edit(4, 5, 4), edit(5, 7, 4)]), whole="batch = '2025-07-01Z'")
    assert judge("r2")[0]
    assert titles("r2") == [
        "totals of 12 batches, of which 1 were read, and of 2 the rows of changed keys",
        "the rows of 1 new of 12 batches, and of 2 those of 2 changed keys; "
        "by these rules the others were judged before",
    ]
    publish("r2")
    assert judge("r3")[0]
    assert titles("r3") == [
        "totals of 12 batches, of which 0 were read",
        "the rows of 0 new of 12 batches; by these rules the others were judged before",
    ]


def test_rows_of_changed_keys_are_judged(usage: None) -> None:
    build(run, "update analytics_next.usage set id = -7 where id = 303")
    assert judge("r2") == (False, "gate marts: usage: 1")
    build(run, edit(4, 5, 101))
    assert judge("r3") == (False, "gate marts: usage has 1 rows out of range: n must be 0 to 100 (and 1 more)")
    build(run, edit(4, 5, 2) + "; update analytics_next.usage set id = 303 where id = -7")
    assert judge("r4") == (True, "gate marts: passed")


def test_a_row_of_another_key_is_not_read_and_reaches_no_reader(usage: None) -> None:
    run("""create table staging.kept as select id, n from analytics_next.usage; drop view staging.stg_usage;
        alter table staging.kept rename to stg_usage""")
    run(edit(9, 3, -1))  # behind the record, in a batch that differs
    build(run, edit(3, 3, 3) + ";" + edit(4, 3, 1))
    assert judge("r2") == (True, "gate marts: passed")
    publish("r2")
    assert run("select min(n), sum(n) from analytics.usage") == [(1, 1440)]


def test_what_was_changed_since_the_build_is_judged_whole(usage: None) -> None:
    build(run, edit(3, 3, 4))
    run(edit(3, 3, -1))
    passed, sentence = judge("r2")
    assert not passed and "out of range" in sentence and titles("r2") == ["marts usage"]


def test_an_edit_by_hand_of_what_readers_see(usage: None) -> None:
    """Of a batch that differs: its rows are judged all, and measured."""
    run(edit(3, 3, 9).replace("_next", ""))
    build(run, edit(3, 3, 4))
    assert judge("r2")[0]
    assert titles("r2") == [
        "totals of 12 batches, of which 1 were read",
        "the rows of 1 new of 12 batches; by these rules the others were judged before",
    ]


def test_after_a_roll_back_what_readers_see_decides(usage: None) -> None:
    build(run, edit(3, 3, 4))
    assert judge("r2")[0]
    publish("r2")
    rollback.roll_back((USAGE,))
    build(run, edit(4, 4, 4))
    assert judge("r3")[0]
    assert "and of 2 those of 2 changed keys" in titles("r3")[1]
