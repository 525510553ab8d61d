-- MRR at as_of is one number: of accounts, plans, the sum of all movements, and the running month.
with totals as (
    select
        (select coalesce(sum(mrr), 0) from {{ ref('dim_accounts') }}) as of_accounts,
        (select coalesce(sum(mrr), 0) from {{ ref('dim_plans') }}) as of_plans,
        (select coalesce(sum(mrr_change), 0) from {{ ref('fct_mrr_movements') }}) as of_movements,
        (
            select coalesce(sum(mrr_at_end), 0) from {{ ref('int_account_months') }}
            where month = (select max(month) from {{ ref('int_months') }})
        ) as of_last_month
)

select * from totals
where of_accounts <> of_plans or of_accounts <> of_movements or of_accounts <> of_last_month
