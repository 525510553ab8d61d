-- Grain: one row per account and month with an active user in the 56 days before its as-of moment.
{{ config(
    materialized='batched', event_time='month', batch_size='month', by='account_id',
    reach={'int_usage_user_daily': 2},
    indexes=[{'columns': ['account_id', 'month'], 'unique': true}]
) }}

with usage as (
    select account_id, user_id, usage_date, known_month from {{ ref('int_usage_user_daily') }}
    where known_month is not null
),

months as (
    select month, as_of_date from {{ ref('int_months') }}
),

ages as {{ window_days('months', 56) }},

aged as (
    select usage.account_id, usage.user_id, ages.month, ages.age
    from usage
    inner join ages on usage.usage_date = ages.date_day and usage.known_month <= ages.month
),

users as (
    select
        account_id,
        month,
        user_id,
        min(age) as youngest,
        count(*) filter (where age >= 28) > 0 as was_active_before
    from aged
    group by account_id, month, user_id
),

final as (
    select
        account_id,
        month,
        cast(count(user_id) filter (where youngest < 7) as integer) as active_users_7d,
        cast(count(user_id) filter (where youngest < 28) as integer) as active_users_28d,
        cast(count(user_id) filter (where was_active_before) as integer) as active_users_prior_28d
    from users
    group by account_id, month
)

select * from final
