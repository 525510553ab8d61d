"""Of a batched mart a publication compares the batches that a build left otherwise than readers see them."""

from dataclasses import replace

import pytest

from tests.support.publishing import NOW, Sql, digest, passed
from weir import warehouse
from weir.access.forget import judged, published
from weir.core.errors import WeirError
from weir.project.marts import Mart
from weir.project.personal import Mark
from weir.publish import grain, publication, rollback, statistics
from weir.publish.changes import Change
from weir.publish.verify import compare_published

USAGE = Mart("usage", ("account_id", "day"), event_time="day", batch_size="month", model="usage")
LAST = Mart("usage", ("account_id",), event_time="day", batch_size="month", model="usage")
# As a build leaves the batches: their start in UTC, and the sum of the hashes over the columns in order of their names.
BUILT = """
delete from ops.batches where model = 'usage';
insert into ops.batches (model, batch, changed, whole, rows, digest)
select 'usage', coalesce(date_trunc('month', day::timestamp) at time zone 'UTC', '-infinity'), 1, 1, count(*),
    sum(hashtextextended(hash_record_extended(row(account_id, day, n), 0)::text, 0))
from analytics_next.usage group by 2"""


@pytest.fixture
def usage(run: Sql) -> Sql:
    """A mart of 2 accounts and the days of 2025, and 2 rows without a day, published."""
    run(
        """drop table analytics_next.accounts, analytics_next.events;
        create table analytics_next.usage (account_id int not null, day date, n numeric(9, 2));
        create index on analytics_next.usage (day);
        insert into analytics_next.usage select account_id, day, account_id
        from generate_series(1, 2) as account_id, generate_series(date '2025-01-01', '2025-12-31', '1 day') as day"""
    )
    release(run, "r1", whole=True)
    return run


def release(run: Sql, run_id: str, edit: str = "", whole: bool = False, mart: Mart = USAGE) -> tuple[int, int, int]:
    """Build, judge and publish; returns rows inserted, updated and deleted."""
    run(edit + ";" + BUILT)
    passed(run_id)
    (change,) = publication.publish_set(run_id, NOW, found=(mart,), whole=whole)
    return change.inserted, change.updated, change.deleted


def changed_in(run: Sql, publication_id: int) -> list[str]:
    """The batches that the publication changed."""
    return [
        name
        for (name,) in run(
            "select (batch at time zone 'UTC')::text from ops.published_batches where publication_id = %s order by 1",
            publication_id,
        )
    ]


def faults() -> list[str]:
    with warehouse.connect() as connection:
        return [check.fault for check in compare_published(connection) if check.fault]


def same(run: Sql) -> bool:
    return digest(run) == digest(run, "analytics_next") and not faults()


def test_only_batches_that_differ_are_compared_and_written_down(usage: Sql) -> None:
    assert len(changed_in(usage, 1)) == 12
    edit = """update analytics_next.usage set n = 9 where day = '2025-03-31';
        delete from analytics_next.usage where day between '2025-05-01' and '2025-05-31';
        insert into analytics_next.usage values (1, '2026-01-01', 1), (1, '9999-12-31', 1), (1, '0044-03-15 BC', 1)"""
    # an edit by hand in a batch that did not change stays, for that batch is not compared
    usage("update analytics.usage set n = 0 where day = '2025-08-01'")
    assert release(usage, "r2", edit) == (3, 2, 62)
    changed = ["0044-03-01 00:00:00 BC", "2025-03-01 00:00:00", "2025-05-01 00:00:00", "2026-01-01 00:00:00"]
    assert changed_in(usage, 2) == [*changed, "9999-12-01 00:00:00"]
    assert usage("select rows from ops.published_batches where batch = '2025-05-01Z'") == [(0,)]
    (fault,) = faults()
    said = "analytics.usage is not as publication 2 left it (of its 671 rows some were changed, in batch 2025-08)"
    assert said in fault
    publication.publish_set("r2", NOW, found=(USAGE,))  # as `weir publish` does, which compares all rows
    assert same(usage)


def test_nothing_changed_and_no_row_of_it_is_read(usage: Sql) -> None:
    usage(BUILT)
    passed("r2")
    usage("revoke select on analytics_next.usage, analytics.usage from weir_publisher")
    (change,) = publication.publish_set("r2", NOW, found=(USAGE,), whole=False)
    assert (change.inserted, change.updated, change.deleted, change.rows) == (0, 0, 0, 730)
    with pytest.raises(WeirError, match="permission denied for table usage"):
        publication.publish_set("r2", NOW, found=(USAGE,))


def test_rows_without_an_event_time_are_a_batch(usage: Sql) -> None:
    mart = Mart("usage", event_time="day", batch_size="month", model="usage")
    release(usage, "r2", "insert into analytics_next.usage values (7, null, 1), (8, null, 1)", mart=mart)
    assert changed_in(usage, 2) == ["-infinity"]
    usage("update analytics.usage set n = 5 where account_id = 1 and day = '2025-01-01'")
    edit = "delete from analytics_next.usage where account_id = 7; "
    edit += "update analytics_next.usage set n = 3 where day is null"
    assert release(usage, "r3", edit, mart=mart) == (1, 0, 2)
    assert changed_in(usage, 3) == ["-infinity"]
    with pytest.raises(WeirError, match="a key is NULL"):
        release(usage, "r4", "update analytics_next.usage set n = 4 where day is null")


@pytest.mark.parametrize("mart", [USAGE, Mart("usage", USAGE.grain)], ids=["batched", "table"])
def test_rows_that_have_exchanged_a_value_are_published(usage: Sql, mart: Mart) -> None:
    """The hash of a record is a sum of its columns' hashes: added up over rows it would not see the exchange."""
    values = "update analytics_next.usage set n = {} where day = '2025-03-01' and account_id = 1; "
    values += "update analytics_next.usage set n = {} where day = '2025-03-02' and account_id = 1"
    assert release(usage, "r2", values.format(5, 7), mart=mart)[1] == 2
    assert release(usage, "r3", values.format(7, 5), mart=mart) == (0, 2, 0)
    assert same(usage)


@pytest.fixture
def last(usage: Sql) -> Sql:
    """The mart `usage` with one row per account, its last day, published."""
    usage("drop table analytics.usage; truncate analytics_next.usage; insert into analytics_next.usage "
          "select number, date '2024-12-31' + number, 1 from generate_series(1, 365) as number")  # fmt: skip
    release(usage, "r2", whole=True, mart=LAST)
    return usage


def test_a_row_that_moves_to_another_batch_is_updated(last: Sql) -> None:
    moved = "update analytics_next.usage set day = '2025-11-20' where account_id = 40"
    assert release(last, "r3", moved, mart=LAST) == (0, 1, 0)
    assert changed_in(last, 3) == ["2025-02-01 00:00:00", "2025-11-01 00:00:00"] and same(last)


@pytest.mark.parametrize("index", ["", "create unique index on analytics_next.usage (account_id) where n > 0"])
def test_a_key_that_stands_in_an_unchanged_batch_as_well_is_refused(last: Sql, index: str) -> None:
    twice = "insert into analytics_next.usage values (40, '2025-12-24', 0)"
    with pytest.raises(WeirError, match=r"usage can't be published: its grain \(account_id\).* 1 keys are there twice"):
        release(last, "r3", f"{index}; {twice}", mart=LAST)


def test_a_unique_index_proves_the_grain(last: Sql) -> None:
    last("create unique index on analytics_next.usage (account_id)")
    with warehouse.connect() as connection:
        assert grain.is_proven(connection, LAST)
        assert grain.is_proven(connection, USAGE), "columns of the grain are enough"
        assert not grain.is_proven(connection, Mart("usage", ("day",)))
        last("update pg_index set indisvalid = false where indrelid = 'analytics_next.usage'::regclass and indisunique")
        assert not grain.is_proven(connection, LAST)


def test_a_row_put_in_by_hand_with_the_key_of_a_new_one_is_told(last: Sql) -> None:
    last("insert into analytics.usage values (1000, '2025-08-08', 1)")
    with pytest.raises(
        WeirError, match=r"put rows into analytics\.usage by hand, .*: `weir publish` compares every row"
    ):
        release(last, "r3", "insert into analytics_next.usage values (1000, '2025-12-31', 1)", mart=LAST)
    publication.publish_set("r3", NOW, found=(LAST,))
    assert same(last)


@pytest.mark.parametrize("edit", ["update analytics_next.usage set n = 77", "delete from analytics_next.usage"])
def test_what_was_changed_after_the_build(usage: Sql, edit: str) -> None:
    seen = digest(usage)
    usage(f"update analytics_next.usage set n = 3 where day = '2025-03-01'; {BUILT}")
    passed("r2")
    usage(f"{edit} where day = '2025-07-01'")  # in a batch that did not change: it reaches no reader
    publication.publish_set("r2", NOW, found=(USAGE,), whole=False)
    assert usage("select sum(n) from analytics.usage where day = '2025-07-01'") == [(3,)]
    assert usage("select sum(n) from analytics.usage where day = '2025-03-01'") == [(6,)]
    assert faults() == []
    seen = digest(usage)
    with pytest.raises(WeirError, match="usage was changed after the gate judged it: `weir build --full-refresh`"):
        publication.publish_set("r2", NOW, found=(USAGE,))  # as `weir publish` does, which compares all rows
    usage(f"update analytics_next.usage set n = 4 where day = '2025-03-01'; {BUILT}")
    passed("r3")
    usage(f"{edit} where day = '2025-03-02'")  # in a batch that did
    with pytest.raises(WeirError, match=r"analytics_next\.usage was changed after the gate judged it"):
        publication.publish_set("r3", NOW, found=(USAGE,), whole=False)
    assert digest(usage) == seen


def test_rolled_back_and_published_again(usage: Sql) -> None:
    first = digest(usage)
    release(usage, "r2", "update analytics_next.usage set n = 5 where day = '2025-03-31'")
    release(usage, "r3", "update analytics_next.usage set n = 6 where day in ('2025-03-31', '2025-04-01')")
    release(usage, "r4")  # changes nothing
    for left in (["2025-03-01 00:00:00", "2025-04-01 00:00:00"], ["2025-03-01 00:00:00", "2025-04-01 00:00:00"]):
        number, _ = rollback.roll_back((USAGE,))
        assert changed_in(usage, number - 1) == left or number == 2
        assert faults() == []
    assert digest(usage) == first
    held = "select sum(rows), sum(digest)::text from ops.published_batches"
    assert usage(held) == usage("select (digest ->> 'rows')::bigint, digest ->> 'sum' from ops.publication_tables "
                                "where publication_id = 1")  # fmt: skip
    usage("update analytics.usage set n = 0 where day = '2025-08-01'")  # proves that only batches are compared
    assert release(usage, "r5") == (0, 4, 0)
    assert [fault for fault in faults() if "in batch 2025-08)" in fault]


def test_a_roll_back_past_a_change_of_batches_forgets_them(usage: Sql) -> None:
    mart = Mart("usage", USAGE.grain, event_time="day", batch_size="day", model="usage")
    run_by_day = BUILT.replace("'month'", "'day'")
    usage("update analytics_next.usage set n = 5 where day = '2025-03-31';" + run_by_day)
    passed("r2")
    publication.publish_set("r2", NOW, found=(mart,), whole=False)
    assert usage("select count(*) from ops.published_batches") == [(365,)] and faults() == []
    rollback.roll_back((mart,))
    assert usage("select count(*) from ops.published_batches") == [(0,)] and faults() == []
    assert release(usage, "r3") == (0, 2, 0) and same(usage)
    assert usage("select count(*) from ops.published_batches") == [(12,)]


def test_from_batched_to_a_table_and_back(usage: Sql) -> None:
    table = Mart("usage", USAGE.grain)
    release(usage, "r2", "update analytics_next.usage set n = 5 where day = '2025-03-31'", mart=table)
    release(usage, "r3", "update analytics_next.usage set n = 6 where day = '2025-04-30'", mart=USAGE)
    assert len(changed_in(usage, 3)) == 12 and same(usage)
    assert release(usage, "r4", "update analytics_next.usage set n = 7 where day = '2025-04-30'") == (0, 2, 0)
    assert changed_in(usage, 4) == ["2025-04-01 00:00:00"] and same(usage)


def test_a_column_comes_and_all_rows_are_compared(usage: Sql) -> None:
    edit = "alter table analytics_next.usage add column later int; update analytics_next.usage set later = account_id"
    built = BUILT.replace("row(account_id, day, n)", "row(account_id, day, later, n)")
    usage(edit + ";" + built)
    passed("r2")
    (change,) = publication.publish_set("r2", NOW, found=(USAGE,), whole=False)
    assert change.updated == 730 and same(usage)
    usage("update analytics_next.usage set later = 9 where day = '2025-06-06';" + built)
    passed("r3")
    (change,) = publication.publish_set("r3", NOW, found=(USAGE,), whole=False)
    assert change.updated == 2 and changed_in(usage, 3) == ["2025-06-01 00:00:00"] and same(usage)


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz", "timestamp(3)"])
def test_moments_fall_into_hours_of_utc(usage: Sql, kind: str) -> None:
    mart = Mart("seen", ("id",), event_time="At x%", batch_size="hour", model="seen")
    hashed = '"At x%"::text' if "3" in kind else '"At x%"'
    usage(
        f"""create table analytics_next.seen ("At x%" {kind}, id int primary key);
        insert into analytics_next.seen select timestamp '2025-10-26 00:00' + n * interval '10 min', n
        from generate_series(0, 47) as n"""
    )
    built = f"""set timezone to 'UTC'; delete from ops.batches where model = 'seen'; insert into ops.batches
        select 'seen', date_trunc('hour', "At x%"::timestamptz, 'UTC'), 1, 1, count(*),
        sum(hashtextextended(hash_record_extended(row({hashed}, id), 0)::text, 0))
        from analytics_next.seen group by 2;"""
    usage(built)
    passed("r2")
    publication.publish_set("r2", NOW, found=(USAGE, mart))
    usage(built.replace("set timezone", "update analytics_next.seen set id = 100 where id = 20; set timezone"))
    passed("r3")
    change, _ = publication.publish_set("r3", NOW, found=(USAGE, mart), whole=False)
    assert (change.inserted, change.deleted, change.rows) == (1, 1, 48) and same(usage)
    assert changed_in(usage, 3) == ["2025-10-26 03:00:00"]


def test_a_mart_that_is_as_readers_see_it_is_left_alone(usage: Sql) -> None:
    usage("create table analytics_next.plans as select n as plan, n::text as name from generate_series(1, 3) as n")
    plans = Mart("plans", ("plan",))
    passed("r2")
    publication.publish_set("r2", NOW, found=(USAGE, plans))
    passed("r3")
    usage("update analytics_next.plans set name = 'forged'")  # after the gate: nothing of it is merged
    change, _ = publication.publish_set("r3", NOW, found=(plans, USAGE), whole=False)
    assert (change.updated, change.rows) == (0, 3) and faults() == []
    usage("update analytics_next.plans set name = plan; update analytics.plans set name = 'me' where plan = 2")
    passed("r4")
    change, _ = publication.publish_set("r4", NOW, found=(plans, USAGE), whole=False)
    assert change.updated == 1 and same(usage), "an edit by hand is put right by a run as well"


def test_personal_batches_are_compared_whole_and_masked_anew(usage: Sql) -> None:
    mart = replace(USAGE, grain=("account_id", "day"), personal={"n": Mark("person")})
    usage("alter table analytics_next.usage alter column n type bigint")
    usage(BUILT)
    passed("r2")
    publication.publish_set("r2", NOW, ("usage.n",), (mart,), whole=False)
    assert usage("select count(*) from ops.published_batches where publication_id = 2") == [(0,)]
    usage(f"update analytics_next.usage set n = 9 where day = '2025-03-31'; {BUILT}")
    passed("r3")
    (change,) = publication.publish_set("r3", NOW, found=(mart,), whole=False)
    assert change.updated == 2 and faults() == []
    (change,) = publication.publish_set("r3", NOW, found=(mart,), whole=False, rotate_key=True)
    assert change.updated == 730 and faults() == []
    # no longer personal: by batches again, after it was compared whole once
    usage(BUILT)
    passed("r4")
    (change,) = publication.publish_set("r4", NOW, ("analytics_private.usage",), (USAGE,), whole=False)
    assert change.updated == 730
    assert release(usage, "r5", "update analytics_next.usage set n = 7 where day = '2025-03-31'") == (0, 2, 0)
    assert changed_in(usage, 6) == ["2025-03-01 00:00:00"] and same(usage)


def test_a_person_who_was_taken_out_of_a_batched_mart(usage: Sql) -> None:
    release(usage, "r2", "update analytics_next.usage set n = 5 where day = '2025-03-31'")
    taken = "update {}.usage set n = 0 where day = '2025-03-31'; delete from {}.usage where day = '2025-08-01'"
    usage(taken.replace("{}", "analytics") + ";" + taken.replace("{}", "analytics_next"))
    with warehouse.connect(warehouse.Role.OWNER) as connection:
        published.renew_digests(connection, [("analytics", "usage")])
        judged.renew(connection, ["usage"])
        judged.renew_batches(connection, [USAGE])
    assert faults() == []
    now = "select batch, rows, digest from ops.batches where model = 'usage' order by 1"
    right = usage(now)
    usage(BUILT)
    assert usage(now) == right
    assert release(usage, "r3", "update analytics_next.usage set n = 6 where day = '2025-04-01'") == (0, 2, 0)
    assert len(changed_in(usage, 3)) == 12 and same(usage)


def test_statistics_are_refreshed_when_much_has_changed(usage: Sql) -> None:
    counted = "select analyze_count from pg_stat_user_tables where schemaname = 'analytics' and relname = 'usage'"
    usage("analyze analytics.usage")
    ((before,),) = usage(counted)
    for updated, analyzed in ((2, 0), (70, 0), (75, 1)):
        with warehouse.connect(autocommit=True) as connection:
            statistics.refresh(connection, [Change("usage", 0, updated, 0, 730)], ())
        assert usage(counted) == [(before + analyzed,)]
