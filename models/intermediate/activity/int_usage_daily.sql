-- Grain: one row per account, day with any usage, and month from which its events count as known.
{{ config(materialized='batched', event_time='usage_date', batch_size='day', by='account_id') }}

with user_days as (
    select * from {{ ref('int_usage_user_daily') }}
),

days as (
    select
        account_id,
        usage_date,
        known_month,
        cast(count(user_id) as integer) as active_users,
        cast(sum(events) as integer) as events,
        cast(sum(logins) as integer) as logins,
        cast(sum(reports_viewed) as integer) as reports_viewed,
        cast(sum(exports) as integer) as exports,
        cast(sum(invites_sent) as integer) as invites_sent,
        cast(sum(api_calls) as integer) as api_calls,
        max(last_event_at) as last_event_at
    from user_days
    group by account_id, usage_date, known_month
),

-- days that have several rows, because some of their events landed late
split_days as (
    select account_id, usage_date, min(known_month) as first_month
    from days
    group by account_id, usage_date
    having count(*) > 1
),

final as (
    select
        days.*,
        split_days.account_id is not null as is_split,
        -- true in one row of each day: a split day counts once, from when the first of its events were known
        coalesce(days.known_month = split_days.first_month, split_days.account_id is null) as opens_day
    from days
    left join split_days
        on days.account_id = split_days.account_id and days.usage_date = split_days.usage_date
)

select * from final
-- by day on disk, too: what stands on it reads some days of it
order by usage_date
