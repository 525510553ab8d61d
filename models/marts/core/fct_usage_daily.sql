-- Grain: one row per account and day with any usage.
{{ config(indexes=[{'columns': ['account_id', 'usage_date'], 'unique': true}, {'columns': ['usage_date']}]) }}

with user_days as (
    select * from {{ ref('int_usage_user_daily') }}
),

final as (
    select
        account_id,
        usage_date,
        cast(count(distinct user_id) as integer) as active_users,
        cast(sum(events) as bigint) as events,
        cast(sum(logins) as bigint) as logins,
        cast(sum(reports_viewed) as bigint) as reports_viewed,
        cast(sum(exports) as bigint) as exports,
        cast(sum(invites_sent) as bigint) as invites_sent,
        cast(sum(api_calls) as bigint) as api_calls,
        max(last_event_at) as last_event_at
    from user_days
    group by account_id, usage_date
)

select * from final
