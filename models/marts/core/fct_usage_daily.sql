-- Grain: one row per account and day with any usage.
{{ config(
    materialized='batched', event_time='usage_date', batch_size='day', by='account_id',
    indexes=[{'columns': ['account_id', 'usage_date'], 'unique': true}, {'columns': ['usage_date']}]
) }}

{%- set counts = ['events', 'logins', 'reports_viewed', 'exports', 'invites_sent', 'api_calls'] %}

with days as (
    select * from {{ ref('int_usage_daily') }}
),

user_days as (
    select * from {{ ref('int_usage_user_daily') }}
),

-- days of which some events landed late have several rows, and a user may be in each
split_days as (
    select distinct account_id, usage_date
    from days
    where is_split
),

joined as (
    select
        user_days.account_id,
        user_days.usage_date,
        cast(count(distinct user_days.user_id) as integer) as active_users,
        {%- for count in counts %}
        sum(user_days.{{ count }}) as {{ count }},
        {%- endfor %}
        max(user_days.last_event_at) as last_event_at
    from user_days
    inner join split_days
        on user_days.account_id = split_days.account_id and user_days.usage_date = split_days.usage_date
    group by user_days.account_id, user_days.usage_date
),

final as (
    select account_id, usage_date, active_users, {{ counts | join(', ') }}, last_event_at
    from days
    where not is_split
    union all
    select account_id, usage_date, active_users, {{ counts | join(', ') }}, last_event_at
    from joined
)

select * from final
