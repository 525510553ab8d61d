"""Whatever is built, published, left out and rolled back: readers see what was published, and its digests are right."""

import random
from dataclasses import replace

import pytest

from tests.support.parts import USAGE, build, faults, found_parts, full_refresh, kept_and_fresh, publish, unlike
from tests.support.publishing import Sql
from weir import warehouse
from weir.project.marts import Mart
from weir.publish import rollback

KEYLESS = replace(USAGE, grain=())
EDITS = (
    "update analytics_next.usage set n = {n} where {few}",
    "update analytics_next.usage set day = day + {n} where {few}",
    "update analytics_next.usage set day = null where {few}",
    "update analytics_next.usage set account_id = {n} where {few}",
    "update analytics_next.usage set account_id = null, n = {n} where {few}",
    "delete from analytics_next.usage where {few}",
    "insert into analytics_next.usage select (select max(id) from analytics_next.usage) + row_number() over (), "
    "case when {n} % 5 > 0 then {n} end, case when {n} % 7 > 0 then date '2025-01-01' + 6 * {n} end, {n} "
    "from generate_series(1, 1 + {n} % 4)",
    "insert into analytics_next.usage select id + 1000 * {n}, account_id, day, n from analytics_next.usage as u "
    "where {few} and not exists (select from analytics_next.usage as t where t.id = u.id + 1000 * {n})",
)  # fmt: skip


@pytest.mark.parametrize(("mart", "seed"), [(USAGE, 1), (KEYLESS, 2)])
def test_after_any_history_readers_see_what_is_built(keyed: Sql, mart: Mart, seed: int) -> None:
    """Whatever is built, published, left out and rolled back: rows and digests are those of what was published."""
    chance = random.Random(seed)
    history, by_keys, rolled_back = [1], 0, 0
    build(keyed, "insert into analytics_next.usage select id + 6000 * k, account_id + 60 * k, day, n "
                 "from analytics_next.usage, generate_series(1, 4) as k")  # fmt: skip
    keyed("create table public.set_1 as table analytics.usage")
    for number in range(2, 52):
        for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
            edits = [
                each.format(
                    n=chance.randrange(1, 60),
                    few=f"coalesce(account_id, 7) % 60 = {chance.randrange(60)} and id % 5 = {chance.randrange(5)}",
                )
                for each in chance.choices(EDITS, k=chance.choice((1, 1, 2)))
            ]
            if chance.random() < 0.05:
                full_refresh(keyed, ";".join(edits))
            else:
                build(keyed, ";".join(edits), chance.choice(("false", "false", "extract(month from batch) % 3 = 0")))
        if chance.random() < 0.03:
            keyed("delete from ops.batched_models; delete from ops.batches; delete from ops.batch_keys")
            full_refresh(keyed)
        if chance.random() < 0.25 and len(history) > 1:
            changed = keyed("select max(publication_id) from undo.rows join ops.publications using (publication_id) "
                            "where rolled_back_at is null")[0][0]  # fmt: skip
            if changed and changed in history[1:]:
                rollback.roll_back((mart,))
                rolled_back += 1
                history = [each for each in history if each < changed]
        else:
            by_keys += bool(found_parts(mart).some)
            publish(f"r{number}", mart, whole=chance.random() < 0.1)
            ((publication_id,),) = keyed("select max(publication_id) from ops.publications")
            history.append(publication_id)
            keyed(f"create table public.set_{publication_id} as table analytics.usage")
            assert unlike(keyed) == [], number
        assert unlike(keyed, f"public.set_{history[-1]}") == [], number
        with warehouse.connect() as connection:
            kept, fresh = kept_and_fresh(connection, mart)
        assert kept == fresh and not faults(), number
    assert by_keys > 10 and rolled_back > 3, (by_keys, rolled_back)
