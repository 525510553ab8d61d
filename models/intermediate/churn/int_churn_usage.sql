-- Grain: one row per account and month with usage in the 180 days before its as-of moment, as known then.
{{ config(
    materialized='batched', event_time='month', batch_size='month', by='account_id',
    reach={'int_usage_daily': 6},
    indexes=[{'columns': ['account_id', 'month'], 'unique': true}]
) }}

with usage as (
    select * from {{ ref('int_usage_daily') }}
    where known_month is not null
),

months as (
    select month, as_of_date from {{ ref('int_months') }}
),

ages as {{ window_days('months', 180) }},

aged as (
    select usage.*, ages.month, ages.age
    from usage
    inner join ages on usage.usage_date = ages.date_day and usage.known_month <= ages.month
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
