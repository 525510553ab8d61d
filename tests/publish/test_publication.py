"""Publication merges the rows that differ, and can be taken back."""

import json
import re
from pathlib import Path

import pytest

from tests.support.publishing import ACCOUNTS, CHANGE, EVENTS, NOW, Sql, digest, release
from weir import warehouse
from weir.core.errors import WeirError
from weir.project.marts import Mart, manifest_path, marts_or_parse
from weir.publish import publication, rollback
from weir.publish.verify import compare_published, describe_current


def test_the_first_publication_takes_everything(run: Sql) -> None:
    assert release() == {"accounts": (100, 0, 0, 100), "events": (6, 0, 0, 6)}
    assert digest(run) == digest(run, "analytics_next")


def test_nothing_new_changes_nothing(run: Sql) -> None:
    release()
    before = run("select xmin::text, ctid::text from analytics.accounts")
    assert release("r2") == {"accounts": (0, 0, 0, 100), "events": (0, 0, 0, 6)}
    assert run("select xmin::text, ctid::text from analytics.accounts") == before


def test_only_the_rows_that_differ_are_touched(run: Sql) -> None:
    release()
    run(CHANGE)
    assert release("r2") == {"accounts": (2, 3, 10, 92), "events": (2, 0, 1, 7)}
    assert digest(run) == digest(run, "analytics_next")
    tables = run("select mart, inserted, updated, deleted, rows from ops.publication_tables where publication_id = 2")
    assert sorted(tables) == [("accounts", 2, 3, 10, 92), ("events", 2, 0, 1, 7)]


def test_marts_whose_long_names_begin_alike_are_two(run: Sql) -> None:
    both = tuple(Mart("m" * 62 + letter, ("k",)) for letter in "ab")
    for mart in both:
        run(f"create table analytics_next.{mart.name} as select k from generate_series(1, 5) as k")
    release(marts=both)
    for mart, key in zip(both, (2, 4), strict=True):
        run(f"delete from analytics_next.{mart.name} where k = %s", key)
    assert list(release("r2", marts=both).values()) == [(0, 0, 1, 4)] * 2
    assert [row for row in digest(run, "analytics_next") if row[0][0] == "m"] == digest(run)
    rollback.roll_back(both)
    assert [run(f"select count(*) from analytics.{mart.name}") for mart in both] == [[(5,)], [(5,)]]


def test_rolled_back_to_the_set_before_step_by_step(run: Sql) -> None:
    release()
    first = digest(run)
    run(CHANGE)
    release("r2")
    second = digest(run)
    run("update analytics_next.accounts set seen = '2024-01-01 10:00:00.123456+02', tags = '[2:3]={x,NULL}'")
    release("r3")
    rollback.roll_back((ACCOUNTS, EVENTS))
    assert digest(run) == second
    number, changes = rollback.roll_back((ACCOUNTS, EVENTS))
    assert digest(run) == first
    assert number == 2 and {c.mart: c.rows for c in changes} == {"accounts": 100, "events": 6}
    with pytest.raises(WeirError, match="publication 1 is the first one: there is no set before it to return to"):
        rollback.roll_back((ACCOUNTS, EVENTS))
    assert digest(run) == first
    release("r4")
    assert digest(run) == digest(run, "analytics_next")


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ("update analytics.accounts set name = 'me' where account_id = 7", r"\(of its 100 rows some were changed\)"),
        ("update analytics.accounts set settings = '{}' where account_id = 7", "some were changed"),
        ("delete from analytics.accounts where account_id = 7", r"\(99 rows, 100 published\)"),
        ("alter table analytics.accounts drop column mrr", "or a column of it is gone since publication 1"),
    ],
)
def test_what_was_edited_by_hand_is_found_and_published_again(run: Sql, edit: str, says: str) -> None:
    release()
    run(edit)
    with warehouse.connect() as connection:
        first, second = compare_published(connection)
    assert second.holds and re.search(says, first.fault), first.fault
    assert first.fault.startswith("analytics.accounts ") and first.fault.endswith("`weir publish` puts that right")
    publication.publish_set("r1", NOW, found=(ACCOUNTS, EVENTS))
    with warehouse.connect() as connection:
        assert [check.fault for check in compare_published(connection)] == ["", ""]
    assert digest(run) == digest(run, "analytics_next")


def test_a_set_that_was_returned_to_is_compared_too(run: Sql) -> None:
    release()
    run(CHANGE + "alter table analytics_next.accounts add column later int")
    release("r2")
    release("r3")  # changes nothing: the same set
    rollback.roll_back((ACCOUNTS, EVENTS))
    with warehouse.connect() as connection:
        assert [check.fault for check in compare_published(connection)] == ["", ""]
        assert re.fullmatch(r"publication 1 of \d{4}-\d\d-\d\d \d\d:\d\d \(run r1\)", describe_current(connection))
        connection.execute("update analytics.events set amount = 1 where kind = 'a'")
        (fault,) = [check.fault for check in compare_published(connection) if check.fault]
    assert fault.startswith("analytics.events is not as publication 1 left it") and "`weir build`" in fault


def test_the_first_publication_is_not_taken_back(run: Sql) -> None:
    release()
    release("r2")  # changes nothing
    before = digest(run)
    with pytest.raises(WeirError, match="publication 1 is the first one: there is no set before it to return to"):
        rollback.roll_back((ACCOUNTS, EVENTS))
    assert digest(run) == before


def test_a_project_without_marts_publishes_nothing_and_its_first_set_is_the_first(run: Sql) -> None:
    assert release(marts=()) == {}
    assert run("select to_regclass('analytics.accounts')") == [(None,)]
    release("r2")
    with pytest.raises(WeirError, match="publication 2 is the first one"):
        rollback.roll_back((ACCOUNTS, EVENTS))


def test_undo_keeps_a_few_publications(run: Sql) -> None:
    for turn in range(9):
        run("update analytics_next.accounts set mrr = %s where account_id = 1", turn)
        release(f"r{turn}")
    assert run("select count(distinct publication_id) from undo.rows") == [(5,)]
    for _ in range(5):
        rollback.roll_back((ACCOUNTS, EVENTS))
    assert run("select mrr from analytics.accounts where account_id = 1") == [(3,)]


def test_incremental_marts_are_reset_after_a_failed_gate(run: Sql) -> None:
    mart = Mart("accounts", ("account_id",), incremental=True)
    release(marts=(mart,))
    run(CHANGE)
    publication.reset_incremental((mart, EVENTS))
    assert digest(run)[0] == digest(run, "analytics_next")[0]


@pytest.mark.parametrize("text", [None, '{"nodes": {"half'])
def test_a_torn_manifest_is_made_anew_before_a_build(home: Path, text: str | None) -> None:
    file = manifest_path()
    file.parent.mkdir(parents=True)
    if text:
        file.write_text(text)
    node = {"resource_type": "model", "schema": "analytics_next", "name": "m", "config": {"materialized": "table"}}
    assert marts_or_parse(lambda: file.write_text(json.dumps({"nodes": {"m": node}}))) == [Mart("m")]
    file.unlink()
    assert marts_or_parse(lambda: None) == []
