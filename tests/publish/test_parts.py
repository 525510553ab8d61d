"""Of a batched mart with a key a publication compares the rows of changed keys, where few changed."""

from dataclasses import replace

import pytest
from psycopg import sql

from tests.support.parts import (
    USAGE,
    build,
    faults,
    found_parts,
    full_refresh,
    kept_and_fresh,
    publish,
    unlike,
)
from tests.support.publishing import NOW, Sql, passed
from weir import warehouse
from weir.access.forget import judged, published
from weir.core.errors import WeirError
from weir.project.marts import Mart
from weir.publish import batches, publication, rollback
from weir.publish.parts import Parts
from weir.warehouse.catalog import columns_of

MARCH, MAY = "2025-03-01 00:00:00", "2025-05-01 00:00:00"


def edit(account: int, day: str, n: int, table: str = "analytics_next") -> str:
    return f"update {table}.usage set n = {n} where account_id = {account} and day = '{day}'"


def holds(run: Sql) -> bool:
    """Whether readers see what is built, and each kept digest is that of what stands there."""
    with warehouse.connect() as connection:
        kept, fresh = kept_and_fresh(connection)
    assert kept == fresh
    return not unlike(run) and not faults()


def test_rows_of_changed_keys_alone_are_compared(keyed: Sql) -> None:
    # an edit by hand of another key stays, though its batch differs: so its row is not compared
    keyed(edit(9, "2025-03-05", 7, "analytics"))
    build(keyed, edit(3, "2025-03-05", 2) + ";" + edit(4, "2025-05-05", 2))
    parts = found_parts()
    assert (parts.whole, parts.some, parts.count) == ((), (MARCH, MAY), 2)
    assert publish("r2") == (0, 2, 0)
    (fault,) = faults()
    assert "of its 720 rows some were changed, in batch 2025-03)" in fault
    publish("r2", whole=True)
    assert holds(keyed)


def test_a_batch_that_changed_as_a_whole_is_compared_whole(keyed: Sql) -> None:
    keyed(edit(9, "2025-03-05", 7, "analytics") + ";" + edit(9, "2025-05-05", 7, "analytics"))
    build(keyed, edit(3, "2025-03-05", 2) + ";" + edit(4, "2025-05-05", 2), whole="batch = '2025-03-01Z'")
    assert (found_parts().whole, found_parts().some) == ((MARCH,), (MAY,))
    assert publish("r2") == (0, 3, 0), "the edit of March is put right, that of May stays"
    (fault,) = faults()
    assert "in batch 2025-05)" in fault


def test_an_edit_by_hand_of_a_changed_key_is_put_right(keyed: Sql) -> None:
    keyed(edit(3, "2025-03-05", 7, "analytics") + ";" + edit(9, "2025-03-05", 7, "analytics"))
    build(keyed, edit(3, "2025-03-05", 2))
    assert found_parts().some == (MARCH,)
    assert publish("r2") == (0, 2, 0), "what was published is not what stands there, so the batch is compared whole"
    assert holds(keyed)


def test_a_row_put_in_by_hand_with_the_id_of_a_new_one_is_told(keyed: Sql) -> None:
    keyed("create unique index on analytics_next.usage (id)")
    publish("r2")  # which makes the index for readers, too
    keyed("insert into analytics.usage values (9999, 9, '2025-03-05', 1)")
    build(keyed, "insert into analytics_next.usage values (9999, 3, '2025-03-05', 1)")
    with pytest.raises(WeirError, match=r"put rows into analytics\.usage by hand"):
        publish("r3")
    publish("r3", whole=True)
    assert holds(keyed)


def test_what_was_changed_after_the_gate(keyed: Sql) -> None:
    build(keyed, edit(3, "2025-03-05", 2))
    passed("r2")
    keyed(edit(3, "2025-03-05", 8))
    with pytest.raises(WeirError, match=r"analytics_next\.usage was changed after the gate judged it"):
        publication.publish_set("r2", NOW, found=(USAGE,), whole=False)
    keyed(edit(3, "2025-03-05", 2) + ";" + edit(9, "2025-03-05", 8))  # a row of another key reaches no reader
    publication.publish_set("r2", NOW, found=(USAGE,), whole=False)
    assert keyed("select sum(n) from analytics.usage where day = '2025-03-05'") == [(61,)] and not faults()


def test_a_row_that_gets_another_key_and_another_batch(keyed: Sql) -> None:
    build(keyed, "update analytics_next.usage set account_id = 5, day = '2025-05-09' where id = 303")
    assert found_parts().some == (MARCH, MAY)
    assert publish("r2") == (0, 1, 0) and holds(keyed)


@pytest.mark.parametrize("kind", ["int", "text", "varchar(9)", "char(3)", "numeric(9, 2)", "double precision", "uuid"])
def test_a_key_that_is_missing_or_empty(keyed: Sql, kind: str) -> None:
    value = "lpad(account_id::text, 32, '0')::uuid" if kind == "uuid" else f"account_id::{kind}"
    keyed(f"alter table analytics_next.usage alter column account_id type {kind} using {value}")
    full_refresh(keyed)
    passed("r2")
    publication.publish_set("r2", NOW, ("usage.account_id",), (USAGE,), whole=True)
    keyed("update analytics.usage set n = 7 where id = 903")  # stays where keys alone are compared
    build(keyed, "insert into analytics_next.usage values (1, null, '2025-03-09', 1), (2, null, null, 1)")
    assert found_parts().some == ("-infinity", MARCH)
    assert publish("r3") == (2, 0, 0) and len(unlike(keyed)) == 2
    if kind in {"text", "varchar(9)", "char(3)"}:
        build(keyed, "insert into analytics_next.usage values (3, '', '2025-03-09', 1); "
                     "update analytics_next.usage set n = 2 where id in (1, 303)")  # fmt: skip
        assert (found_parts().some, found_parts().count) == ((MARCH,), 2)
        assert publish("r4") == (1, 2, 0) and len(unlike(keyed)) == 2
    assert publish("r5", whole=True) == (0, 1, 0) and holds(keyed)


def test_many_changed_keys_make_whole_batches(keyed: Sql) -> None:
    few = "update analytics_next.usage set n = 2 where day = '2025-03-05' and account_id <= "
    build(keyed, few + "7")
    assert found_parts().count == 7
    build(keyed, few + "8")
    assert found_parts() == Parts((MARCH,))
    assert publish("r2") == (0, 8, 0) and holds(keyed)


def test_builds_that_were_not_published_count_too(keyed: Sql) -> None:
    build(keyed, edit(3, "2025-03-05", 2))
    build(keyed)  # nothing new
    build(keyed, edit(4, "2025-03-05", 2))
    assert found_parts().count == 2
    assert publish("r2") == (0, 2, 0) and holds(keyed)
    build(keyed, edit(5, "2025-03-05", 2))
    assert found_parts().count == 1, "the others are published"
    build(keyed, edit(5, "2025-03-05", 1))
    assert publish("r3") == (0, 0, 0), "as it was"
    build(keyed, edit(6, "2025-03-05", 2))
    assert found_parts().count == 1, "what readers see is known to be as the last step made it"
    assert publish("r4") == (0, 1, 0) and holds(keyed)


def test_after_a_roll_back_all_keys_since_then_count(keyed: Sql) -> None:
    for number in (2, 3, 4):
        build(keyed, edit(number, "2025-03-05", 2))
        publish(f"r{number}")
    for left in (1, 2):
        rollback.roll_back((USAGE,))
        assert not faults() and len(unlike(keyed)) == 2 * left
    build(keyed, edit(3, "2025-03-05", 1))
    assert (found_parts().some, found_parts().count) == ((MARCH,), 2), "account 2 is published"
    assert publish("r5") == (0, 1, 0) and holds(keyed)


def test_a_full_refresh_makes_whole_batches(keyed: Sql) -> None:
    build(keyed, edit(3, "2025-03-05", 2))
    full_refresh(keyed, edit(4, "2025-05-05", 2))
    assert found_parts() == Parts((MARCH, MAY))
    assert publish("r2") == (0, 2, 0) and holds(keyed)
    build(keyed, edit(3, "2025-03-05", 3))
    assert found_parts().some == (MARCH,) and publish("r3") == (0, 1, 0) and holds(keyed)


def test_a_record_that_began_anew(keyed: Sql) -> None:
    for number in (2, 3, 4):
        build(keyed, edit(number, "2025-03-05", 2))
    publish("r2")
    keyed("delete from ops.batched_models; delete from ops.batches; delete from ops.batch_keys")
    full_refresh(keyed)
    build(keyed, edit(5, "2025-03-05", 2))
    assert found_parts() == Parts((MARCH,)), "the step of the publication is yet to come"
    for number in (6, 7, 8, 9):
        build(keyed, edit(number, "2025-03-05", 2))
    assert found_parts().some == (MARCH,) and found_parts().count < 5, "keys of earlier steps are not among these"
    assert publish("r3") == (0, 5, 0) and holds(keyed), "the batch proves to differ elsewhere, and is compared whole"
    keyed("delete from ops.batched_models")
    build(keyed, edit(5, "2025-03-05", 3))
    keyed("delete from ops.batched_models")
    assert publish("r4") == (0, 1, 0) and holds(keyed)
    build(keyed, edit(5, "2025-03-05", 4))
    assert found_parts() == Parts((MARCH,)), "with an unknown step nothing is known"


@pytest.mark.parametrize("mart", [replace(USAGE, by=""), replace(USAGE, by="account")])
def test_without_the_column_of_the_key_batches_are_whole(keyed: Sql, mart: Mart) -> None:
    build(keyed, edit(3, "2025-03-05", 2))
    assert found_parts(mart) == Parts((MARCH,))
    assert publish("r2", mart) == (0, 1, 0) and holds(keyed)


def test_a_person_who_was_taken_out(keyed: Sql) -> None:
    build(keyed, edit(3, "2025-03-05", 2))
    publish("r2")
    build(keyed, edit(4, "2025-03-05", 2))
    for schema in ("analytics", "analytics_next"):
        keyed(f"delete from {schema}.usage where account_id = 9; update {schema}.usage set n = 0 where account_id = 8")
    with warehouse.connect(warehouse.Role.OWNER) as connection:
        published.renew_digests(connection, [("analytics", "usage")])
        judged.renew_batches(connection, [USAGE])
    assert not faults()
    assert publish("r3") == (0, 1, 0) and holds(keyed)
    build(keyed, edit(5, "2025-03-05", 2))
    assert found_parts().some == (MARCH,) and publish("r4") == (0, 1, 0) and holds(keyed)
    rollback.roll_back((USAGE,))
    rollback.roll_back((USAGE,))  # to a publication that has no digest any more
    assert not faults()
    assert publish("r5") == (0, 2, 0) and holds(keyed)


def test_a_build_puts_right_what_somebody_changed_in_what_is_built(keyed: Sql) -> None:
    """As `weir build --prove` does: the part goes into the record, and digests are those of the rows."""
    build(keyed, edit(3, "2025-03-05", 2))
    publish("r2")
    keyed(edit(9, "2025-03-05", 7))  # behind the record
    build(keyed, edit(9, "2025-03-05", 1))
    with warehouse.connect(warehouse.Role.OWNER) as connection:
        table = sql.Identifier("analytics_next", "usage")
        batches.renew_built(connection, USAGE, table, columns_of(connection, "analytics_next", "usage"))
    assert publish("r3") == (0, 0, 0) and holds(keyed)
    build(keyed, edit(9, "2025-03-05", 2))
    assert found_parts().some == (MARCH,) and publish("r4") == (0, 1, 0) and holds(keyed)


def test_an_id_that_another_key_of_the_batch_has_is_refused(keyed: Sql) -> None:
    mart = replace(USAGE, grain=("id", "day"))
    build(keyed, "insert into analytics_next.usage values (303, 4, '2025-03-05', 1)")
    assert found_parts(mart).some == (MARCH,)
    with pytest.raises(WeirError, match=r"its grain \(id, day\) does not hold, 1 keys are there twice"):
        publish("r2", mart)


def test_indexes_find_the_rows(keyed: Sql) -> None:
    keyed("""insert into analytics_next.usage select n, n / 12 + 100, make_date(2025, n % 12 + 1, 5), 1
        from generate_series(100000, 160000) as n; analyze analytics_next.usage""")  # fmt: skip
    full_refresh(keyed)
    publish("r2", whole=True)
    build(keyed, edit(3, "2025-03-05", 2) + ";" + edit(4, "2025-05-05", 2) + ";" + edit(5, "2025-07-05", 2),
          whole="batch = '2025-07-01Z'")  # fmt: skip
    with warehouse.connect() as connection:
        where = found_parts().where(connection, USAGE, columns_of(connection, "analytics_next", "usage"))
        text = f"explain select * from analytics_next.usage where {where.as_string(connection)}"
    plan = "\n".join(line for (line,) in keyed(text))
    assert "BitmapOr" in plan and "usage_day_idx" in plan and "usage_account_id_idx" in plan, plan
    assert "Seq Scan on usage" not in plan, plan
