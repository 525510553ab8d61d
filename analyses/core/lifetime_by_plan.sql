-- How long does a customer of each plan stay, and how much does one bring in?
with months as (
    select * from {{ ref('fct_churn_by_plan') }}
    where is_month_over
),

newest as (
    select max(month) as month from months
),

-- the last twelve whole months
sums as (
    select
        months.plan_code,
        sum(months.accounts_at_start) as account_months,
        sum(months.churned_accounts) as churned_accounts,
        sum(months.mrr_at_start) as mrr
    from months
    cross join newest
    where months.month > {{ add_months('newest.month', -12) }}
    group by months.plan_code
),

rates as (
    select
        plan_code,
        cast(account_months as integer) as account_months,
        cast(churned_accounts as integer) as churned_accounts,
        {{ ratio('churned_accounts', 'account_months') }} as churn_rate,
        -- as many months as it takes until, at that rate, one customer has left; NULL where nobody left
        {{ ratio('account_months', 'churned_accounts') }} as lifetime_months,
        cast(mrr / account_months as numeric(14, 2)) as mrr_per_account
    from sums
),

final as (
    select *, cast(mrr_per_account * lifetime_months as numeric(14, 2)) as lifetime_revenue from rates
)

select * from final
order by {{ byte_order('plan_code') }}
