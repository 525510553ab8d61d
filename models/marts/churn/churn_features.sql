-- Grain: one row per account and as-of month, of nothing but what was known at as_of_at.
{{ config(
    materialized='batched', event_time='as_of_month', batch_size='month', by='account_id',
    reach={'int_account_months': 3, 'int_churn_subscriptions': 3},
    indexes=[{'columns': ['account_id', 'as_of_month'], 'unique': true}, {'columns': ['as_of_month']}]
) }}

{%- set subjects = ['subscriptions', 'usage', 'active_users', 'last_seen', 'billing', 'support', 'opinions'] %}

with months as (
    select * from {{ ref('int_account_months') }}
    where is_known
),

accounts as (
    select account_id, country, industry, created_at from {{ ref('stg_app__accounts') }}
),
{%- for subject in subjects %}

{{ subject }} as (
    select * from {{ ref('int_churn_' ~ subject) }}
),
{%- endfor %}

final as (
    select
        -- ids and times
        months.account_id, months.month as as_of_month,
        months.as_of_at, months.as_of_date, months.is_over as is_month_over,
        -- account and subscription
        accounts.country, accounts.industry,
        {{ days_between(utc_date('accounts.created_at'), 'months.as_of_date') }} as account_age_days,
        {{ days_between(utc_date('subscriptions.first_started_at'), 'months.as_of_date') }} as tenure_days,
        coalesce(subscriptions.is_active, false) as is_active,
        subscriptions.plan_code,
        {{ days_between(utc_date('subscriptions.plan_started_at'), 'months.as_of_date') }} as days_on_plan,
        subscriptions.seats,
        coalesce(subscriptions.mrr, 0) as mrr,
        cast(coalesce(subscriptions.mrr, 0) - coalesce(lag(subscriptions.mrr, 3) over story, 0) as numeric(14, 2))
            as mrr_change_3m,
        cast(coalesce(subscriptions.subscription_count, 0) as integer) as subscription_count,
        -- usage
        {%- for days in [7, 28, 90] %}
        coalesce(usage.events_{{ days }}d, 0) as events_{{ days }}d,
        coalesce(usage.events_prior_{{ days }}d, 0) as events_prior_{{ days }}d,
        usage.usage_trend_{{ days }}d,
        cast(coalesce(usage.active_days_{{ days }}d, 0) as integer) as active_days_{{ days }}d,
        {%- endfor %}
        coalesce(usage.logins_28d, 0) as logins_28d,
        coalesce(usage.exports_28d, 0) as exports_28d,
        coalesce(usage.api_calls_28d, 0) as api_calls_28d,
        coalesce(active_users.active_users_7d, 0) as active_users_7d,
        coalesce(active_users.active_users_28d, 0) as active_users_28d,
        coalesce(active_users.active_users_prior_28d, 0) as active_users_prior_28d,
        {{ ratio('coalesce(active_users.active_users_28d, 0)', 'subscriptions.seats') }} as seats_used_28d,
        {{ days_between('last_seen.last_seen_on', 'months.as_of_date') }} as days_since_last_seen,
        -- billing
        {%- for count in ['failed_payments_28d', 'failed_payments_90d', 'unpaid_invoices', 'overdue_invoices'] %}
        coalesce(billing.{{ count }}, 0) as {{ count }},
        {%- endfor %}
        coalesce(billing.unpaid_amount, 0) as unpaid_amount,
        billing.oldest_overdue_days,
        {{ days_between(utc_date('billing.last_paid_at'), 'months.as_of_date') }} as days_since_last_payment,
        -- support
        {%- for count in ['tickets_28d', 'tickets_90d', 'open_tickets', 'unanswered_tickets'] %}
        coalesce(support.{{ count }}, 0) as {{ count }},
        {%- endfor %}
        support.oldest_open_ticket_days,
        -- opinions
        opinions.last_satisfaction_score,
        {{ days_between(utc_date('opinions.last_satisfaction_at'), 'months.as_of_date') }}
            as days_since_last_satisfaction,
        opinions.last_nps_score,
        {{ days_between(utc_date('opinions.last_nps_at'), 'months.as_of_date') }} as days_since_last_nps
    from months
    inner join accounts on months.account_id = accounts.account_id
    {%- for subject in subjects %}
    left join {{ subject }} on months.account_id = {{ subject }}.account_id and months.month = {{ subject }}.month
    {%- endfor %}
    window story as (partition by months.account_id order by months.month)
)

select * from final
