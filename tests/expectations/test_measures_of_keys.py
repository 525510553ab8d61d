"""Measures that follow from the rows of changed keys are those that reading the batch gives."""

import random
from collections.abc import Mapping
from decimal import Decimal

import psycopg
import pytest
from psycopg import sql

from expectations.limits.measures import Measures
from tests.support.parts import USAGE, build, found_parts, full_refresh, keyed_usage, publish
from tests.support.publishing import NOW, Sql, passed
from weir.publish import batches, publication, verify
from weir.publish.parts import Parts
from weir.warehouse import connect
from weir.warehouse.catalog import columns_of

WANTED = ("count(*)", "sum(n)", "avg(n)")


def _numbers(held: Mapping[str, str | None]) -> dict[str, str | None]:
    """The measures without zeros at the end of a fraction."""
    return {name: value and str(Decimal(value).normalize()) for name, value in held.items()}


def measure() -> tuple[Parts, Measures, dict]:
    """Measure what is built, as a gate does: the parts whose rows are new, the measures, what was measured anew."""
    with connect() as connection:
        types = columns_of(connection, "analytics_next", "usage")
        measures = Measures(connection, USAGE, types, WANTED)
        built, current = batches.built(connection, USAGE), verify.in_force(connection)
        assert built and current
        left = verify.digests_of(connection, current[0])["usage"]
        published = batches.as_left(connection, USAGE, types, left)
        assert published is not None
        parts = measures.of_keys(found_parts(), built, published)
        assert measures.totals("analytics_next", built) and measures.totals("analytics", published)
        measures.keep(built, published)
        fresh = measures._measured("analytics_next", sql.SQL("true"))
    for pair, held in fresh.items():
        assert _numbers(measures.kept[pair]) == _numbers(held), pair
    return parts, measures, fresh


@pytest.fixture
def keyed(warehouse: str) -> Sql:
    """The mart of 60 accounts and 12 months, published and measured."""

    def run(text: str, *values: object) -> list[tuple]:
        with psycopg.connect(warehouse, autocommit=True) as connection:
            cursor = connection.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    run("create schema if not exists analytics_next")
    keyed_usage(run)
    measure()
    return run


def test_any_history_of_changed_keys(keyed: Sql) -> None:
    chance, by_keys = random.Random(3), 0
    for number in range(2, 42):
        few = f"coalesce(account_id, 7) % 60 = {chance.randrange(60)} and id % 3 = {chance.randrange(3)}"
        value = chance.choice(("null", "0", "-3.5", "1e6", "7.25"))
        edit = chance.choice((
            f"update analytics_next.usage set n = {value} where {few}",
            f"update analytics_next.usage set day = day + 40 where {few}",
            f"update analytics_next.usage set day = null where {few}",
            f"delete from analytics_next.usage where {few}",
            f"insert into analytics_next.usage select id + 9000 * {number}, null, day, n from analytics_next.usage "
            f"where {few}",
        ))  # fmt: skip
        build(keyed, edit, chance.choice(("false", "false", "extract(month from batch) = 3")))
        parts, measures, _ = measure()
        assert measures.read <= len(parts.whole)
        by_keys += measures.by_keys
        if chance.random() < 0.6:
            publish(f"r{number}")
            _, measures, _ = measure()
            assert (measures.read, measures.by_keys) == (0, 0), "what is published was measured"
    assert by_keys > 20, by_keys


def test_a_sum_of_nothing_is_nothing(keyed: Sql) -> None:
    build(keyed, "update analytics_next.usage set n = null where account_id <= 5; "
                 "insert into analytics_next.usage values (1, 3, '2024-02-02', null)")  # fmt: skip
    _, measures, fresh = measure()
    ((held,),) = ([each for (name, _), each in fresh.items() if name.startswith("2024")],)
    assert held == {"count(*)": "1", "count(n)": "0", "sum(n)": None} and (measures.read, measures.by_keys) == (0, 13)


@pytest.mark.parametrize("kind", ["numeric", "double precision", "real"])
def test_sums_that_are_not_exact_are_read(keyed: Sql, kind: str) -> None:
    keyed(f"alter table analytics_next.usage alter column n type {kind}")
    full_refresh(keyed)
    passed("r2")
    publication.publish_set("r2", NOW, ("usage.n",), (USAGE,), whole=True)
    measure()
    build(keyed, "update analytics_next.usage set n = 'NaN' where id = 303; "
                 "update analytics_next.usage set n = 0.1 where id = 405")  # fmt: skip
    parts, measures, _ = measure()
    assert len(parts.some) == 2, "its rows are judged by key all the same"
    assert (measures.read, measures.by_keys) == ((1, 1) if kind == "numeric" else (2, 0))
    publish("r3")
    build(keyed, "update analytics_next.usage set n = 5 where id = 303")
    assert measure()[1].read == 1
