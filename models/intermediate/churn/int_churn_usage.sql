-- Grain: one row per account and month with usage in the 180 days before its as-of moment, as known then.
with usage as (
    select * from {{ ref('int_usage_daily') }}
    where known_month is not null
),

months as (
    select month, as_of_date from {{ ref('int_months') }}
),

-- each day counts for the months that end in the 180 days after it, at most seven: an equality join, not a range
offsets as (
    {%- for months_later in range(7) %}
    select {{ months_later }} as months_later{{ ' union all' if not loop.last }}
    {%- endfor %}
),

candidates as (
    select
        usage.account_id,
        usage.known_month,
        usage.usage_date,
        usage.opens_day,
        usage.events,
        usage.logins,
        usage.exports,
        usage.api_calls,
        {{ add_months(month_of('usage.usage_date'), 'offsets.months_later') }} as month
    from usage
    cross join offsets
),

aged as (
    select candidates.*, {{ days_between('candidates.usage_date', 'months.as_of_date') }} as age
    from candidates
    inner join months on candidates.month = months.month and candidates.known_month <= months.month
),

windows as (
    select
        account_id,
        month,
        {%- for days in [7, 28, 90] %}
        cast(coalesce(sum(events) filter (where age < {{ days }}), 0) as bigint) as events_{{ days }}d,
        cast(coalesce(sum(events) filter (where age >= {{ days }} and age < {{ 2 * days }}), 0) as bigint)
            as events_prior_{{ days }}d,
        count(*) filter (where opens_day and age < {{ days }}) as active_days_{{ days }}d,
        {%- endfor %}
        cast(coalesce(sum(logins) filter (where age < 28), 0) as bigint) as logins_28d,
        cast(coalesce(sum(exports) filter (where age < 28), 0) as bigint) as exports_28d,
        cast(coalesce(sum(api_calls) filter (where age < 28), 0) as bigint) as api_calls_28d
    from aged
    where age >= 0 and age < 180
    group by account_id, month
),

final as (
    select
        *,
        {%- for days in [7, 28, 90] %}
        {{ ratio('events_' ~ days ~ 'd', 'events_prior_' ~ days ~ 'd') }} as usage_trend_{{ days }}d{{ ',' if not loop.last }}
        {%- endfor %}
    from windows
)

select * from final
