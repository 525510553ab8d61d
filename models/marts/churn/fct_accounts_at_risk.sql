-- Grain: one row per active account with two warning signs or more at as_of.
{{ config(indexes=[{'columns': ['account_id'], 'unique': true}]) }}
{%- set signs = {
    'usage_halved': ['usage has halved', 'usage_trend_28d < 0.5'],
    'is_unused': ['unused for two weeks', 'coalesce(days_since_last_seen, 9999) >= 14'],
    'is_shrinking': ['pays less than before', 'mrr_change_3m < 0'],
    'is_overdue': ['an overdue invoice', 'overdue_invoices > 0'],
    'payment_failed': ['a failed payment', 'failed_payments_28d > 0'],
    'is_waiting': ['an unanswered ticket', 'unanswered_tickets > 0 and oldest_open_ticket_days >= 7'],
    'is_unhappy': [
        'a bad rating',
        '(last_nps_score <= 6 and days_since_last_nps <= 90)'
            ~ ' or (last_satisfaction_score <= 2 and days_since_last_satisfaction <= 90)'
    ],
} %}

with features as (
    select * from {{ ref('churn_features') }}
),

months as (
    select max(as_of_month) as newest_month from features
),

newest as (
    select features.*
    from features
    inner join months on features.as_of_month = months.newest_month
    where features.is_active
),

-- what is not known is no sign
signs as (
    select
        account_id,
        as_of_date,
        plan_code,
        mrr,
        tenure_days,
        {%- for name, (words, predicate) in signs.items() %}
        coalesce({{ predicate }}, false) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from newest
),

counted as (
    select
        *,
        cast(
            {%- for name in signs %}
            case when {{ name }} then 1 else 0 end{{ ' +' if not loop.last }}
            {%- endfor %} as integer
        ) as sign_count,
        concat_ws(
            '; '
            {%- for name, (words, predicate) in signs.items() -%}
            , case when {{ name }} then '{{ words }}' end
            {%- endfor -%}
        ) as signs
    from signs
),

final as (
    select
        -- ids
        account_id,
        -- text
        plan_code,
        signs,
        -- numerics
        sign_count,
        mrr,
        tenure_days,
        -- dates
        as_of_date,
        -- flags
        {{ signs | join(', ') }}
    from counted
    where sign_count >= 2
)

select * from final
