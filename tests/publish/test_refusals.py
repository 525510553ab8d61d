"""A set that was not built, tested and judged as it stands is not published, and the reason is told."""

import json

import pytest

from tests.support.publishing import ACCOUNTS, CHANGE, EVENTS, NOW, Sql, digest, passed, release
from weir import warehouse
from weir.core.errors import WeirError
from weir.dbt import build, selection
from weir.dbt.engine import Dbt
from weir.dbt.results import Built
from weir.project.marts import Mart
from weir.publish import evidence, publication, rollback


def test_a_failed_gate_says_how_to_live_with_it(run: Sql) -> None:
    passed("r1", gate=None)
    failures = [{"id": "marts: accounts: too few rows", "accepted": False}, {"id": "marts: x: y", "accepted": True}]
    run(
        "insert into ops.gates (run_id, gate, scope, passed, sentence, results) "
        "values ('r1', 'marts', 'marts', false, 'accounts has 1 row', %s)",
        json.dumps({"failures": failures}),
    )
    way = r'accounts has 1 row; to live with that: weir check marts --accept "marts: accounts: too few rows", then w'
    with pytest.raises(WeirError, match=way):
        publication.publish_set("r1", NOW, (), (ACCOUNTS, EVENTS))


@pytest.mark.parametrize("sentence", ["only a part was built", "only a part was built (--select x)"])
def test_a_part_is_refused_and_not_called_failed(run: Sql, sentence: str) -> None:
    with warehouse.connect() as connection:
        evidence.record(connection, evidence.Build("r1", True, sentence, whole=False))
    with pytest.raises(WeirError) as fault:
        publication.publish_set("r1", NOW, (), (ACCOUNTS, EVENTS))
    assert str(fault.value) == f"nothing is published, for {sentence}: `weir build` builds the whole set"


def test_roll_back_refuses_rows_that_somebody_else_changed(run: Sql) -> None:
    release()
    run(CHANGE)
    release("r2")
    run("delete from analytics.accounts where account_id = -1")
    before = digest(run)
    with pytest.raises(WeirError, match=r"analytics\.accounts was changed by somebody else"):
        rollback.roll_back((ACCOUNTS, EVENTS))
    assert digest(run) == before


@pytest.mark.parametrize(
    ("build", "gate", "says"),
    [(False, True, "test x failed"), (True, False, "the gate failed: no"), (True, None, "not checked since")],
)
def test_an_untested_set_is_refused(run: Sql, build: bool, gate: bool | None, says: str) -> None:
    release()
    before = digest(run)
    run(CHANGE)
    passed("r2", build, gate)
    with pytest.raises(WeirError, match=says):
        publication.publish_set("r2", NOW, (), (ACCOUNTS, EVENTS))
    assert digest(run) == before


def test_a_set_built_by_another_run_is_refused(run: Sql) -> None:
    passed("r1")
    passed("r2", gate=None)
    with pytest.raises(WeirError, match="did not build the newest set"):
        publication.publish_set("r1", NOW, (), (ACCOUNTS, EVENTS))


def test_a_broken_grain_is_refused_by_name(run: Sql) -> None:
    release()
    before = digest(run)
    run("insert into analytics_next.accounts (account_id) values (1)")
    with pytest.raises(WeirError, match=r"accounts can't be published: its grain \(account_id\).*twice"):
        release("r2")
    run("delete from analytics_next.accounts where account_id = 1")
    run("insert into analytics_next.accounts (account_id) values (null)")
    with pytest.raises(WeirError, match="a key is NULL"):
        release("r3")
    assert digest(run) == before


def test_a_build_that_was_killed_is_not_published(run: Sql) -> None:
    release()

    class Killed(Dbt):
        def build(self, *_: object) -> Built:
            run("delete from analytics_next.accounts")
            raise SystemExit  # nothing after this is done, as after kill -9

    with pytest.raises(SystemExit):
        build.build_set(Killed(), selection.by_hand(), "r2", NOW)
    with pytest.raises(WeirError, match="nothing is published, for the build or its tests failed: the build did not"):
        publication.publish_set("r2", NOW, found=(ACCOUNTS, EVENTS))
    assert run("select count(*) from analytics.accounts") == [(100,)]


@pytest.mark.parametrize(
    "change",
    [
        "update analytics_next.accounts set mrr = 2 * mrr",
        "delete from analytics_next.accounts where account_id = 7",
        "insert into analytics_next.events values ('forged', 1)",
        "alter table analytics_next.accounts add column forged text default 'x'",
        "alter table analytics_next.accounts alter column name type text using 'forged'",
        "alter table analytics_next.accounts alter column account_id type numeric",
        "drop table analytics_next.events; create table analytics_next.events (kind text, amount double precision)",
    ],
)
def test_what_was_changed_after_the_gate_is_not_published(run: Sql, change: str) -> None:
    release("r1")
    seen = digest(run)
    passed("r2")
    run(change)
    with pytest.raises(WeirError, match=r"analytics_next\.(accounts|events) was changed after the gate judged it"):
        publication.publish_set("r2", NOW, (), (ACCOUNTS, EVENTS))
    assert digest(run) == seen
    passed("r3")  # judged as it is now
    publication.publish_set("r3", NOW, ("accounts.account_id",), (ACCOUNTS, EVENTS))


def test_a_mart_that_the_gate_did_not_see_is_not_published(run: Sql) -> None:
    passed("r1")
    run("create table analytics_next.late (n int)")
    with pytest.raises(WeirError, match=r"analytics_next\.late was changed after the gate judged it"):
        publication.publish_set("r1", NOW, (), (ACCOUNTS, EVENTS, Mart("late")))
    assert run("select to_regclass('analytics.accounts')") == [(None,)]
