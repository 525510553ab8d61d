-- Grain: one row per account and month with usage in the 180 days before its as-of moment, as known then.
{{ config(
    materialized='batched', event_time='month', batch_size='month', by='account_id',
    reach={'int_usage_daily': 6},
    indexes=[{'columns': ['account_id', 'month'], 'unique': true}]
) }}

with usage as (
    select *, {{ month_start('usage_date') }} as usage_month from {{ ref('int_usage_daily') }}
    where known_month is not null
),

months as (
    select month, as_of_date from {{ ref('int_months') }}
),

-- each day counts for the months that end in the 180 days after it: few, so an equality join and not a range
spans as (
    {%- for months_before in range(7) %}
    select {{ add_months('month', -months_before) }} as usage_month, month, as_of_date from months
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

aged as (
    select
        usage.*,
        spans.month,
        {{ days_between('usage.usage_date', 'spans.as_of_date') }} as age
    from usage
    inner join spans on usage.usage_month = spans.usage_month and usage.known_month <= spans.month
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
        {{ ratio('events_' ~ days ~ 'd', 'events_prior_' ~ days ~ 'd') }}
            as usage_trend_{{ days }}d{{ ',' if not loop.last }}
        {%- endfor %}
    from windows
)

select * from final
