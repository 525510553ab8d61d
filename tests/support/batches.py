"""A small project of batched models on the repository's macros, and the judge: each equals what its select gives."""

from typing import Any

from tests.support.shop import Shop

EVENTS = """-- Grain: one row per event.
{{ config(event_time='happened_at', batch_size='day', indexes=[{'columns': ['happened_at']}]) }}
with typed as (
    select
        {{ parse('event_id', 'bigint') }} as event_id,
        {{ parse('account_id', 'bigint') }} as account_id,
        {{ parse('amount', 'numeric(12, 2)') }} as amount,
        {{ parse('happened_at', 'timestamp') }} as happened_at,
        {{ carry(key=['event_id']) }}
    from {{ source('shop', 'TABLE') }}
)

select *, {{ reject({'amount is negative': 'amount < 0'}) }} from typed
"""
ACCOUNTS = """-- Grain: one row per account.
with typed as (
    select
        {{ parse('account_id', 'bigint') }} as account_id,
        plan,
        {{ carry(key=['account_id']) }}
    from {{ source('shop', 'TABLE') }}
)

select *, {{ reject({'plan is missing': 'plan is null'}) }} from typed
"""
MODELS = {
    # children whose parent is not there: only what came, and what parents that came or went left
    "int_orphans": """
{{ config(materialized='batched', event_time='happened_at', batch_size='day', by='account_id') }}
with accounts as (select account_id from {{ ref('stg_shop__accounts') }})

select e.event_id, e.account_id, e.happened_at
from {{ ref('stg_shop__events') }} as e
left join accounts as a on e.account_id = a.account_id
where a.account_id is null
""",
    # a view over a batched model
    "int_events": """
{{ config(materialized='view', event_time='happened_at') }}
select e.*
from {{ ref('stg_shop__events') }} as e
left join {{ ref('int_orphans') }} as o on e.event_id = o.event_id
where o.event_id is null
""",
    "int_daily": """
{{ config(materialized='batched', event_time='day', batch_size='day', by='account_id') }}
select
    account_id,
    cast(happened_at at time zone 'UTC' as date) as day,
    count(*) as events,
    sum(amount) as amount,
    count(*) filter (where happened_at < {{ as_of() }}) as events_until_now
from {{ ref('int_events') }}
group by 1, 2
""",
    # the month's totals, without a key
    "int_monthly": """
{{ config(materialized='batched', event_time='month', batch_size='month') }}
select date_trunc('month', day::timestamp)::date as month, count(*) as days, sum(events) as events
from {{ ref('int_daily') }}
group by 1
""",
    "int_months": """
{{ config(materialized='table', event_time='month') }}
select m::date as month, least(m + interval '1 month', {{ as_of() }}) as ends_at
from generate_series('2025-10-01'::timestamptz, {{ as_of() }}, interval '1 month') as m
""",
    # each day counts for the months in the two months after it; plans by key; a window over the month before
    "int_features": """
{{ config(materialized='batched', event_time='month', batch_size='month', by='account_id',
    reach={'int_daily': 2, 'int_months': 1}) }}
with accounts as (select account_id, plan from {{ ref('stg_shop__accounts') }}),

months as (
    select a.account_id, a.plan, m.month, m.ends_at
    from accounts as a cross join {{ ref('int_months') }} as m
)

select
    m.account_id, m.plan, m.month, m.ends_at,
    lag(m.ends_at) over (partition by m.account_id order by m.month) as before,
    coalesce(sum(d.events), 0) as events
from months as m
left join {{ ref('int_daily') }} as d
    on m.account_id = d.account_id
    and d.day < m.ends_at::date and d.day >= (m.month - interval '2 months')::date
group by m.account_id, m.plan, m.month, m.ends_at
""",
    # the first day of each account: all days count for all later months
    "int_seen": """
{{ config(materialized='batched', event_time='month', batch_size='month', by='account_id',
    reach={'int_daily': 'all'}) }}
select m.account_id, m.month, max(d.day) as last_day
from {{ ref('int_features') }} as m
inner join {{ ref('int_daily') }} as d on m.account_id = d.account_id and d.day < (m.month + interval '1 month')::date
group by 1, 2
""",
    # batches longer than those of the model that reads them
    "int_prices": """
{{ config(materialized='table', event_time='month', batch_size='month') }}
select m.month, count(a.account_id) + extract(day from m.ends_at) as price
from {{ ref('int_months') }} as m left join {{ ref('stg_shop__accounts') }} as a on m.month > '2025-12-01'
group by m.month, m.ends_at
""",
    "int_priced": """
{{ config(materialized='batched', event_time='day', batch_size='day') }}
select d.account_id, d.day, d.events * p.price as price
from {{ ref('int_daily') }} as d
left join {{ ref('int_prices') }} as p on date_trunc('month', d.day::timestamp)::date = p.month
""",
    # how far something is known: what it moves lies around the moment at which it moved last
    "int_known_until": """
{{ config(materialized='table') }}
select least(max(as_of), {{ as_of() }}) as known_until
from {{ source('ops', 'landings') }} where table_name = 'accounts'
""",
    "int_labels": """
{{ config(materialized='batched', event_time='month', batch_size='month', by='account_id',
    reach={'int_known_until': -3}) }}
select
    f.account_id, f.month,
    case when (f.month + interval '1 month 40 days') <= k.known_until then f.events > 1 end as was_busy
from {{ ref('int_features') }} as f
cross join {{ ref('int_known_until') }} as k
""",
    "fct_hours": """
{{ config(materialized='batched', event_time='hour', batch_size='hour') }}
select date_trunc('hour', happened_at) as hour, count(*) as events, min(account_id) as first_account
from {{ ref('int_events') }}
group by 1
""",
}
BATCHED = [name for name, text in MODELS.items() if "'batched'" in text]


def declare(shop: Shop) -> None:
    """Write the project: two staged tables and the models above."""
    shop.table("events", EVENTS, "event_id text, account_id text, amount text, happened_at text")
    shop.table("accounts", ACCOUNTS, "account_id text, plan text")
    shop.write("models/ops/_sources.yml", "sources: [{name: ops, schema: ops, tables: [{name: landings}]}]")
    for name, text in MODELS.items():
        shop.write(f"models/intermediate/{name}.sql", f"-- Grain: one row per group of {name}.\n{text}")


def differing(shop: Shop, models: list[str] | None = None) -> dict[str, int]:
    """Rows by which each batched model differs from its own select, as a whole; empty where all are right."""
    found = {}
    for name in models or BATCHED:
        path = next((shop.folder / "target").rglob(f"compiled/**/{name}.sql"), None)
        path = path or next(p for p in _targets(shop).rglob(f"{name}.sql") if "compiled" in str(p))
        select, table = path.read_text(), f"dev_intermediate.{name}"
        count: Any = shop.rows(
            f"with right_ as ({select}), now_ as (select * from {table}) select count(*) from ("
            "(table right_ except all table now_) union all (table now_ except all table right_)) as d"
        )[0][0]
        logged = shop.rows(f"select coalesce(sum(rows), 0) from dev_ops.batches where model = '{name}'")[0][0]
        there = shop.rows(f"select count(*) from {table}")[0][0]
        if count or logged != there:
            found[name] = count or f"{logged} logged, {there} there"
    return found


def _targets(shop: Shop) -> Any:
    import os
    from pathlib import Path

    return Path(os.environ["DBT_TARGET_PATH"]) if os.environ.get("DBT_TARGET_PATH") else shop.folder / "target"
