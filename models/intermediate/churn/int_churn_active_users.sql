-- Grain: one row per account and month with an active user in the 56 days before its as-of moment, as known then.
with usage as (
    select account_id, user_id, usage_date, known_month from {{ ref('int_usage_user_daily') }}
    where known_month is not null
),

months as (
    select month, as_of_date from {{ ref('int_months') }}
),

offsets as (
    {%- for months_later in range(3) %}
    select {{ months_later }} as months_later{{ ' union all' if not loop.last }}
    {%- endfor %}
),

candidates as (
    select usage.*, {{ add_months(month_of('usage.usage_date'), 'offsets.months_later') }} as month
    from usage
    cross join offsets
),

aged as (
    select candidates.*, {{ days_between('candidates.usage_date', 'months.as_of_date') }} as age
    from candidates
    inner join months on candidates.month = months.month and candidates.known_month <= months.month
),

users as (
    select
        account_id,
        month,
        user_id,
        min(age) as youngest,
        count(*) filter (where age >= 28) > 0 as was_active_before
    from aged
    where age >= 0 and age < 56
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
