-- Grain: one row per subscription: the time in which an account had one plan and number of seats.
{{ config(materialized='table', post_hook='{{ analyze_this() }}') }}

with subscriptions as (
    select *, {{ known_at('started_at') }} as known_at from {{ ref('int_subscriptions') }}
),

plans as (
    select plan_id, code from {{ ref('stg_app__plans') }}
),

-- the change log alone knows when an end was heard of
ends as (
    select * from {{ learned(
        source('app', 'subscriptions'), 'app', 'subscriptions', key='subscription_id', predicate='ended_at is not null'
    ) }} as ends
),

final as (
    select
        -- ids
        subscriptions.subscription_id,
        subscriptions.account_id,
        subscriptions.plan_id,
        -- text
        plans.code as plan_code,
        subscriptions.end_reason,
        -- numerics
        subscriptions.seats,
        -- a subscription without a price brings nothing in
        cast(coalesce(subscriptions.mrr, 0) as numeric(14, 2)) as mrr,
        -- dates
        subscriptions.started_at,
        case when subscriptions.ended_at < {{ as_of() }} then subscriptions.ended_at end as ended_at,
        -- a running subscription has no end: stop at as_of, not at max(ended_at)
        least(coalesce(subscriptions.ended_at, {{ as_of() }}), {{ as_of() }}) as stops_at,
        coalesce(subscriptions.ended_at >= {{ as_of() }}, true) as is_running,
        -- points in time
        subscriptions.known_at,
        {{ known_at('subscriptions.ended_at', 'ends.known_from') }} as end_known_at
    from subscriptions
    left join plans on subscriptions.plan_id = plans.plan_id
    left join ends on subscriptions._key = ends.key
    -- what is agreed for later is not in force yet
    where subscriptions.started_at < {{ as_of() }}
)

select * from final
