-- Grain: one row per month and plan that a paying account had at the month's start.
{{ config(indexes=[{'columns': ['month', 'plan_code'], 'unique': true}]) }}

with account_months as (
    select * from {{ ref('int_account_months') }}
    where mrr_at_start > 0
),

periods as (
    select * from {{ ref('int_subscription_periods') }}
    where mrr > 0
),

-- of several subscriptions in force at the month's start, the one that brings most
plans as (
    select
        account_months.account_id,
        account_months.month,
        account_months.is_over,
        account_months.mrr_at_start,
        account_months.mrr_at_end,
        coalesce(periods.plan_code, 'unknown') as plan_code,
        row_number() over (
            partition by account_months.account_id, account_months.month
            order by periods.mrr desc nulls last, periods.started_at desc nulls last,
                periods.subscription_id desc nulls last
        ) as importance
    from account_months
    left join periods
        on account_months.account_id = periods.account_id
        and periods.started_at < account_months.starts_at
        and (periods.is_running or periods.ended_at >= account_months.starts_at)
),

totals as (
    select
        month,
        plan_code,
        is_over as is_month_over,
        cast(count(*) as integer) as accounts_at_start,
        cast(count(*) filter (where mrr_at_end = 0) as integer) as churned_accounts,
        cast(sum(mrr_at_start) as numeric(18, 2)) as mrr_at_start,
        cast(coalesce(sum(mrr_at_start) filter (where mrr_at_end = 0), 0) as numeric(18, 2)) as churned_mrr
    from plans
    where importance = 1
    group by month, plan_code, is_over
),

final as (
    select
        -- ids
        month,
        plan_code,
        -- numerics
        accounts_at_start,
        churned_accounts,
        {{ ratio('churned_accounts', 'accounts_at_start') }} as churn_rate,
        mrr_at_start,
        churned_mrr,
        -- flags
        is_month_over
    from totals
)

select * from final
