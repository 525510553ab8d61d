"""Batched models at their edges: odd keys, clocks that are set back, views between, declarations that change."""

from typing import Any

import pytest

from tests.support.batches import EVENTS, declare, differing
from tests.support.shop import Shop, messages

NOW = "2026-01-25T00:00:00Z"
SOURCES = "sources: [{name: t, schema: t, tables: [{name: days}, {name: plans}]}]"
NAMED = """
{{ config(materialized='batched', event_time='Day', batch_size='SIZE', by='Name') }}
select d."Name", d."Day", p.plan
from {{ source('t', 'days') }} as d
left join {{ source('t', 'plans') }} as p on d."Name" is not distinct from p."Name"
"""
DAILY = """
{{ config(materialized='batched', event_time='day', batch_size='day'MORE) }}
select cast(happened_at at time zone 'UTC' as date) as day, EVENTS as events
from {{ ref('stg_shop__events') }}
group by 1
"""


def build(shop: Shop, monkeypatch: pytest.MonkeyPatch, moment: str = NOW) -> dict[str, str]:
    """Build at a moment; what each node said."""
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_AS_OF", moment)
    result = shop.dbt("run")
    assert result.success, messages(result)
    return {node.node.name: node.message for node in result.result}


def daily(shop: Shop, events: str = "count(*)", more: str = "", name: str = "int_daily") -> None:
    """Write a model of days over the staged events."""
    text = DAILY.replace("EVENTS", events).replace("MORE", more)
    shop.write(f"models/intermediate/{name}.sql", "-- Grain: one row per day.\n" + text)


@pytest.fixture
def events(shop: Shop) -> Shop:
    """A staged table of events, two of which have landed."""
    shop.table("events", EVENTS, "event_id text, account_id text, amount text, happened_at text")
    land(shop, 1, 1, "2025-10-11T12:00:00Z")
    land(shop, 2, 2, "2025-11-11T12:00:00Z")
    return shop


def land(shop: Shop, load: int, number: int, at: str) -> None:
    """Land one event."""
    row: dict[str, Any] = {"event_id": str(number), "account_id": str(number), "happened_at": at, "amount": "1"}
    shop.land("events", load, [row])


def test_rows_of_one_batch_that_have_exchanged_a_value_differ(events: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash of a record is a sum of its columns' hashes: added up over a batch it would not see the exchange."""
    land(events, 3, 3, "2025-11-12T12:00:00Z")
    events.write("models/intermediate/int_moments.sql", """-- Grain: one row per event.
        {{ config(materialized='batched', event_time='happened_at', batch_size='month') }}
        select event_id, happened_at, amount from {{ ref('stg_shop__events') }}""")  # fmt: skip
    for load, (second, third) in enumerate([("5", "7"), ("7", "5")], 4):
        events.land("events", load, [
            {"event_id": number, "account_id": number, "happened_at": f"2025-11-1{day}T12:00:00Z", "amount": amount}
            for number, day, amount in (("2", 1, second), ("3", 2, third))
        ])  # fmt: skip
        build(events, monkeypatch)
        found = events.rows("select amount::int from dev_intermediate.int_moments order by event_id")
        assert found == [(1,), (int(second),), (int(third),)]


@pytest.mark.parametrize(
    ("kind", "keys", "time", "size"),
    [
        ("text", ["", 'O\'Neil {"x", }\\\\', "NULL", "ä%s:b {{ x }}"], "timestamp", "hour"),
        ("varchar(20)", ["", "a", "NULL"], "date", "year"),
        ("uuid", ["11111111-1111-1111-1111-111111111111"], "timestamptz", "month"),
        ("timestamptz", ["2026-01-01", "infinity"], "timestamptz", "hour"),
        ("numeric", ["1.50", "NaN"], "date", "day"),
    ],
)
def test_rows_of_any_key_are_made_anew(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, kind: str, keys: list[str], time: str, size: str
) -> None:
    shop.execute("create schema t")
    shop.execute(f'create table t.days ("Name" {kind}, "Day" {time})')
    shop.execute(f'create table t.plans ("Name" {kind}, plan text)')
    for key in [*keys, None]:
        shop.connection.execute(
            f"insert into t.days select %s::{kind}, d::{time} from unnest(%s::timestamp[]) as d",
            [key, ["2026-01-01 10:00", "2026-01-01 11:00", "infinity", "0044-03-15 BC", "9999-12-31", None]],
        )
        shop.connection.execute(f"insert into t.plans values (%s::{kind}, 'free')", [key])
    shop.write("models/t.yml", SOURCES)
    shop.write("models/intermediate/int_named.sql", "-- Grain: any.\n" + NAMED.replace("SIZE", size))
    build(shop, monkeypatch)
    for changed in ([keys[0]], [*keys[1:], None]):
        for key in changed:
            update = f'update t.plans set plan = plan || %s where "Name" is not distinct from %s::{kind}'
            shop.connection.execute(update, ["!", key])
        assert "batches different" in build(shop, monkeypatch)["int_named"]
        assert differing(shop, ["int_named"]) == {}, changed
    shop.execute("truncate t.plans")
    shop.execute('delete from t.days where "Day" is null')
    build(shop, monkeypatch)
    assert differing(shop, ["int_named"]) == {}
    shop.execute("truncate t.days")
    build(shop, monkeypatch)
    assert differing(shop, ["int_named"]) == {}


def test_a_view_between_that_changes_makes_the_whole_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(shop)
    shop.land("accounts", 1, [{"account_id": "1", "plan": "free"}])
    land(shop, 1, 1, "2025-10-11T12:00:00Z")
    land(shop, 2, 2, "2025-11-11T12:00:00Z")
    build(shop, monkeypatch)
    path = shop.folder / "models/intermediate/int_events.sql"
    path.write_text(path.read_text() + "    and e.happened_at >= '2025-11-01'\n")
    said = build(shop, monkeypatch)
    assert differing(shop) == {}
    assert said["int_daily"].startswith("SELECT")
    assert build(shop, monkeypatch, "2026-01-26T00:00:00Z")["int_daily"].endswith("0 rows of 0 batches different")


def test_what_landed_after_the_moment_of_a_whole_is_made_anew_later(
    events: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily(events, "count(*) filter (where coalesce(_known_from, happened_at) <= {{ as_of() }})")
    land(events, 20, 3, "2025-10-11T13:00:00Z")
    build(events, monkeypatch, "2026-01-10T00:00:00Z")
    build(events, monkeypatch)
    assert differing(events, ["int_daily"]) == {}


@pytest.mark.parametrize("reach", ["'all'", "2", "-1"])
def test_the_running_batch_is_made_anew_however_far_the_clock_reaches(
    events: Shop, monkeypatch: pytest.MonkeyPatch, reach: str
) -> None:
    daily(events, "count(*) filter (where happened_at < {{ as_of() }})", ", reach={'as_of': " + reach + "}")
    land(events, 3, 3, "2026-01-10T13:00:00Z")
    build(events, monkeypatch, "2026-01-10T00:00:00Z")
    build(events, monkeypatch, "2026-01-10T14:00:00Z")
    assert differing(events, ["int_daily"]) == {}


HORIZON = """
{{ config(materialized='batched', event_time='month', batch_size='month', reach={'horizon': -3}) }}
select cast(m as date) as month, m + interval '3 months' <= h.known_until as is_known
from generate_series(timestamptz '2025-01-01', timestamptz '2026-01-01', interval '1 month') as m
cross join {{ source('t', 'horizon') }} as h
"""


def test_what_a_horizon_moves_is_made_anew_also_after_a_full_refresh(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The horizon stood still for months, and a full refresh read it in that time."""
    shop.execute("create schema t")
    shop.execute("create table t.horizon as select timestamptz '2025-08-01' as known_until")
    shop.write("models/t.yml", "sources: [{name: t, schema: t, tables: [{name: horizon}]}]")
    shop.write("models/intermediate/int_labels.sql", "-- Grain: one row per month.\n" + HORIZON)
    build(shop, monkeypatch, "2025-08-01T00:00:00Z")
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_AS_OF", "2026-01-01T00:00:00Z")
    shop.build("--full-refresh")
    shop.execute("update t.horizon set known_until = '2026-01-05'")
    said = build(shop, monkeypatch, "2026-01-05T00:00:00Z")
    assert differing(shop, ["int_labels"]) == {}
    shop.execute("update t.horizon set known_until = '2026-01-06'")
    assert build(shop, monkeypatch, "2026-01-06T00:00:00Z") != said, "only what lies around the last move"
    assert differing(shop, ["int_labels"]) == {}


def test_another_batch_size_of_a_staged_model_makes_its_record_anew(
    events: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily(events)
    build(events, monkeypatch)
    path = events.folder / "models/staging/shop/stg_shop__events.sql"
    path.write_text(path.read_text().replace("batch_size='day'", "batch_size='month'"))
    build(events, monkeypatch)
    batches = events.rows("select batch::date::text, changed from dev_ops.batches where model = 'stg_shop__events'")
    assert max(batches, key=lambda each: each[1])[0].endswith("-01"), batches


def test_another_type_of_the_contract_makes_the_whole_anew(events: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    daily(events, "sum(amount)::numeric(12, 2)", ", contract={'enforced': true}")
    contract = "models: [{name: int_daily, columns: [{name: day, data_type: date}, {name: events, data_type: TYPE}]}]"
    shape = (
        "select format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = 'dev_intermediate.int_daily'::regclass and attname = 'events'"
    )
    for kind in ("numeric(12,2)", "numeric(14,4)"):
        events.write("models/daily.yml", contract.replace("TYPE", f'"{kind}"'))
        build(events, monkeypatch)
        assert events.rows(shape) == [(kind,)]


def test_a_table_that_a_view_reads_gets_new_indexes_and_loses_old_ones(
    events: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexes = "select pg_get_indexdef(indexrelid) from pg_index where indrelid = 'dev_intermediate.int_daily'::regclass"
    daily(events, more=", indexes=[{'columns': ['events']}]")
    build(events, monkeypatch)
    events.execute("create view public.mine as select * from dev_intermediate.int_daily")
    daily(events, more=", indexes=[{'columns': ['day'], 'unique': true}]")
    build(events, monkeypatch)
    found = [text.split(" USING ")[1] for (text,) in events.rows(indexes)]
    assert found == ["btree (day)"]
    assert events.rows("select count(*) from public.mine") == [(2,)]


def test_a_name_may_be_as_long_as_postgresql_takes_it(events: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "int_" + "x" * 59
    daily(events, name=name)
    build(events, monkeypatch)
    land(events, 3, 3, "2025-11-11T13:00:00Z")
    build(events, monkeypatch)
    assert differing(events, [name]) == {}


REACHED = """
{{ config(materialized='batched', event_time='month', batch_size='month', reach={'INPUT': 2}) }}
select cast(date_trunc('month', m.day) as date) as month, count(*) filter (where p.plan = 'paid') as paid
FROM
group by 1
"""
VIEW = """
{{ config(materialized='view', event_time='day') }}
select d."Name" as name, d."Day" as day, p.plan
from {{ source('t', 'days') }} as d
left join {{ source('t', 'plans') }} as p on d."Name" = p."Name"
"""


@pytest.mark.parametrize("given", ["int_seen", "plans"])
def test_a_dimension_under_a_reach_makes_everything_anew(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    """The view that reads the dimension has a reach, or the dimension has: a table of many rows is no horizon."""
    shop.execute("create schema t")
    shop.execute("create table t.days as select 'a' as \"Name\", day::date as \"Day\" from"
                 " generate_series(date '2025-01-01', date '2025-12-31', interval '1 day') as day")  # fmt: skip
    shop.execute(
        "create table t.plans (\"Name\" text, plan text); insert into t.plans values ('a', 'free'), ('b', 'free')"
    )
    shop.write("models/t.yml", SOURCES)
    read = "from {{ ref('int_seen') }} as m cross join lateral (select m.plan) as p"
    if given == "int_seen":
        shop.write("models/intermediate/int_seen.sql", "-- Grain: one row per name and day.\n" + VIEW)
    else:
        read = (
            "from (select \"Name\" as name, \"Day\" as day from {{ source('t', 'days') }}) as m"
            " inner join {{ source('t', 'plans') }} as p on m.name = p.\"Name\""
        )
    model = REACHED.replace("INPUT", given).replace("FROM", read)
    shop.write("models/intermediate/int_paid.sql", "-- Grain: one row per month.\n" + model)
    build(shop, monkeypatch)
    shop.execute("update t.plans set plan = 'paid' where \"Name\" = 'a'")
    build(shop, monkeypatch)
    assert differing(shop, ["int_paid"]) == {}
