-- Grain: one row per account, user, day and month from which its events count as known.
-- This is the only model that reads all events: the other models about usage read this one.
{{ config(materialized='batched', event_time='usage_date', batch_size='day', by='account_id') }}

with events as (
    select
        account_id,
        user_id,
        event_type,
        occurred_at,
        {{ utc_date('occurred_at') }} as usage_date,
        {{ known_at('occurred_at') }} as known_at
    from {{ ref('int_events') }}
),

final as (
    select
        account_id,
        user_id,
        usage_date,
        -- an event counts from the month in which it was known; not at all yet, where that is after as_of
        case
            when occurred_at >= {{ as_of() }} or known_at > {{ as_of() }} then null
            -- a load at the very end of a month still counts for that month
            when known_at > occurred_at then {{ month_start(utc_date("(known_at - interval '1 microsecond')")) }}
            else {{ month_start(utc_date('occurred_at')) }}
        end as known_month,
        cast(count(*) as integer) as events,
        cast(count(*) filter (where event_type = 'login') as integer) as logins,
        cast(count(*) filter (where event_type = 'report_viewed') as integer) as reports_viewed,
        cast(count(*) filter (where event_type = 'export') as integer) as exports,
        cast(count(*) filter (where event_type = 'invite_sent') as integer) as invites_sent,
        cast(count(*) filter (where event_type = 'api_call') as integer) as api_calls,
        max(occurred_at) as last_event_at
    from events
    group by account_id, user_id, usage_date, known_month
)

select * from final
-- by day on disk, too: what stands on it reads some days of it
order by usage_date
