"""The shape of published tables: new columns come by themselves, a loss needs its name, what hangs on a table stays."""

import psycopg
import pytest

from tests.support.publishing import ACCOUNTS, EVENTS, NOW, Sql, digest, passed, release
from weir.core.errors import WeirError
from weir.project.marts import Mart
from weir.publish import publication, rollback
from weir.publish.changes import print_changes


def indexes(run: Sql) -> set[str]:
    found = run("select indexdef from pg_indexes where schemaname = 'analytics' and tablename = 'accounts'")
    return {text.split(" ON ")[1] + (" unique" if "UNIQUE" in text else "") for (text,) in found}


def test_indexes_comments_and_grants_are_carried(run: Sql) -> None:
    run("create role reader_a; grant select on analytics_next.accounts to reader_a, public")
    try:
        release()
        assert indexes(run) == {
            "analytics.accounts USING btree (name)",
            "analytics.accounts USING btree (account_id) unique",
        }
        assert run("select obj_description('analytics.accounts'::regclass)") == [("One row per account",)]
        assert run("select col_description('analytics.accounts'::regclass, 3)") == [("Monthly",)]
        assert run("select has_table_privilege('reader_a', 'analytics.accounts', 'select')") == [(True,)]
        assert run("select reltuples from pg_class where oid = 'analytics.accounts'::regclass") == [(100,)]
        run("create index on analytics_next.accounts using brin (seen)")
        run("comment on table analytics_next.accounts is 'Better said'")
        release("r2")
        release("r3")
        assert len(indexes(run)) == 3
        assert run("select obj_description('analytics.accounts'::regclass)") == [("Better said",)]
    finally:
        run("drop owned by reader_a; drop role reader_a")


def test_a_new_column_and_a_new_mart_come_by_themselves(run: Sql) -> None:
    release(marts=(ACCOUNTS,))
    run("alter table analytics_next.accounts add column plan text collate \"C\" default 'pro'")
    assert release("r2") == {"accounts": (0, 100, 0, 100), "events": (6, 0, 0, 6)}
    assert digest(run) == digest(run, "analytics_next")
    rollback.roll_back((ACCOUNTS, EVENTS))
    assert run("select count(*), count(plan) from analytics.accounts") == [(100, 0)]


def test_another_grain_comes_by_itself(run: Sql) -> None:
    release(marts=(ACCOUNTS,))
    run("alter table analytics_next.accounts add column part int not null default 1")
    run("update analytics_next.accounts set account_id = 1 - account_id % 2, part = account_id")
    parts = Mart("accounts", ("account_id", "part"))
    assert release("r2", marts=(parts,))["accounts"][3] == 100
    assert indexes(run) == {
        "analytics.accounts USING btree (name)",
        "analytics.accounts USING btree (account_id, part) unique",
    }


def not_null(run: Sql) -> set[str]:
    return {name for (name,) in run("select attname from pg_attribute where attrelid = 'analytics.accounts'::regclass "
                                    "and attnum > 0 and attnotnull")}  # fmt: skip


def test_a_new_constraint_of_the_contract_comes_by_itself_and_goes(run: Sql) -> None:
    run("alter table analytics_next.accounts alter account_id set not null")
    release()
    assert not_null(run) == {"account_id"}
    run(
        "alter table analytics_next.accounts add column plan text not null default 'pro';"
        "alter table analytics_next.accounts alter mrr set not null"
    )
    release("r2")
    assert not_null(run) == {"account_id", "mrr", "plan"}
    assert run("select count(*) from pg_constraint where conname = 'weir_not_null'") == [(0,)]
    rollback.roll_back((ACCOUNTS, EVENTS))  # the rows before have no plan
    assert not_null(run) == {"account_id", "mrr"}
    run("alter table analytics_next.accounts alter mrr drop not null; update analytics_next.accounts set mrr = null")
    release("r3")
    assert not_null(run) == {"account_id", "plan"}
    assert digest(run) == digest(run, "analytics_next")
    run("alter table analytics_next.accounts drop column plan; insert into analytics_next.accounts values (0)")
    release("r4", accept=("accounts.plan",))
    assert digest(run) == digest(run, "analytics_next")


def test_a_new_constraint_waits_for_no_reader(run: Sql, warehouse: str) -> None:
    release()
    run("alter table analytics_next.accounts alter mrr set not null")
    with psycopg.connect(warehouse) as reader:
        reader.execute("select * from analytics.accounts limit 1")
        release("r2")  # published all the same
        assert not_null(run) == set()
    release("r3")
    assert not_null(run) == {"mrr"}


def test_a_publication_that_only_drops_marts_says_which(run: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    release()
    passed("r2")
    print_changes(publication.publish_set("r2", NOW, ("accounts", "events"), ()))
    told = capsys.readouterr().out
    assert "Dropped, as accepted: accounts, events." in told and "no marts" not in told
    assert digest(run) == []
    passed("r3")
    print_changes(publication.publish_set("r3", NOW, (), ()))
    assert "There are no marts yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("act", "says", "name"),
    [
        ("alter table analytics_next.accounts drop column mrr", "no longer in the model (numeric)", "accounts.mrr"),
        (
            "alter table analytics_next.accounts alter mrr type text",
            "changes its type from numeric to text",
            "accounts.mrr",
        ),
        ("drop table analytics_next.events", "no model makes it any more", "events"),
    ],
)
def test_a_loss_must_be_named(run: Sql, act: str, says: str, name: str) -> None:
    release()
    before = digest(run)
    run(act)
    marts = (ACCOUNTS,) if name == "events" else (ACCOUNTS, EVENTS)
    with pytest.raises(WeirError) as fault:
        release("r2", marts=marts)
    assert says in str(fault.value) and f"--accept {name}" in str(fault.value)
    assert digest(run) == before
    release("r3", accept=(name,), marts=marts)
    assert digest(run) == digest(run, "analytics_next")
    with pytest.raises(WeirError, match=r"can't be rolled back"):
        rollback.roll_back(marts)
    release("r4", marts=marts)


def test_all_losses_are_named_at_once_with_the_command(run: Sql) -> None:
    release()
    run("alter table analytics_next.accounts drop column mrr; alter table analytics_next.accounts alter seen type text")
    with pytest.raises(WeirError) as fault:
        release("r2", marts=(ACCOUNTS,), accept=("accounts.mrr",))
    told, command = str(fault.value).rsplit(": ", 1)
    assert "analytics.accounts.seen changes its type" in told and "analytics.events is published but" in told
    assert "accounts.mrr" not in told  # accepted already
    assert command == "weir publish --accept accounts.mrr --accept accounts.seen --accept events"
    assert release("r3", marts=(ACCOUNTS,), accept=tuple(command.split()[3::2]))["events"] == (0, 0, 6, None)
    assert digest(run) == [entry for entry in digest(run, "analytics_next") if entry[0] == "accounts"]


def test_what_a_readers_view_needs_is_not_dropped_under_it(run: Sql) -> None:
    release()
    run("create view public.mine as select mrr from analytics.accounts")
    run("alter table analytics_next.accounts drop column mrr")
    with pytest.raises(WeirError, match=r"view mine depends on column mrr.*publish again"):
        release("r2", accept=("accounts.mrr",))
    assert run("select count(mrr) from public.mine") == [(100,)]


def test_a_new_column_waits_for_a_long_reader_and_blocks_nobody(
    run: Sql, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    release()
    monkeypatch.setattr("weir.publish.shape._TRIES", 2)
    monkeypatch.setattr("weir.publish.shape._WAIT", "50ms")
    run("alter table analytics_next.accounts add column plan text")
    before = digest(run)
    with psycopg.connect(warehouse) as reader:
        reader.execute("select count(*) from analytics.accounts")
        with pytest.raises(WeirError, match="a long transaction holds it"):
            release("r2")
        assert digest(run) == before
    release("r3")
    assert digest(run) == digest(run, "analytics_next")


def test_an_unfinished_build_of_another_keeps_publication_out(
    run: Sql, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    release()
    monkeypatch.setattr("weir.publish.locks.LOCK_WAIT", "100ms")
    with psycopg.connect(warehouse) as builder:
        builder.execute("delete from analytics_next.accounts")
        with pytest.raises(WeirError, match="somebody is writing to analytics_next"):
            release("r2")
    assert run("select count(*) from analytics.accounts") == [(100,)]


def test_a_view_in_place_of_a_mart_is_refused(run: Sql) -> None:
    run("create view analytics_next.seen as select 1 as one")
    with pytest.raises(WeirError, match=r"analytics_next\.seen is a view"):
        release(marts=(Mart("seen"),))


def test_a_mart_that_was_not_built_is_refused(run: Sql) -> None:
    passed("r1")
    with pytest.raises(WeirError, match=r"analytics_next\.ghost was not built"):
        publication.publish_set("r1", NOW, (), (Mart("ghost"), ACCOUNTS))
    assert digest(run) == []


def test_foreign_keys_between_marts_hold_through_a_publication(run: Sql) -> None:
    run("create table analytics_next.accidents (id int, account_id bigint)")
    run("insert into analytics_next.accidents values (1, 1), (2, 2)")
    children = Mart("accidents", ("id",))
    release(marts=(children, ACCOUNTS, EVENTS))
    run("alter table analytics.accidents add foreign key (account_id) references analytics.accounts (account_id)")
    run("delete from analytics_next.accounts where account_id = 1; insert into analytics_next.accounts values (900)")
    run("delete from analytics_next.accidents where id = 1; insert into analytics_next.accidents values (3, 900)")
    release("r2", marts=(children, ACCOUNTS, EVENTS))
    assert digest(run) == digest(run, "analytics_next")
    rollback.roll_back((children, ACCOUNTS, EVENTS))
    assert run("select account_id from analytics.accidents order by 1") == [(1,), (2,)]
