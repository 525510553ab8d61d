-- Grain: one row per account, day with any usage, and month from which its events count as known.
{{ config(materialized='table') }}

with user_days as (
    select * from {{ ref('int_usage_user_daily') }}
),

final as (
    select
        account_id,
        usage_date,
        known_month,
        -- so that a day with late events is counted once, from when the first of them were known
        row_number() over (partition by account_id, usage_date order by known_month nulls last) = 1 as opens_day,
        cast(sum(events) as bigint) as events,
        cast(sum(logins) as bigint) as logins,
        cast(sum(reports_viewed) as bigint) as reports_viewed,
        cast(sum(exports) as bigint) as exports,
        cast(sum(invites_sent) as bigint) as invites_sent,
        cast(sum(api_calls) as bigint) as api_calls,
        max(last_event_at) as last_event_at
    from user_days
    group by account_id, usage_date, known_month
)

select * from final
