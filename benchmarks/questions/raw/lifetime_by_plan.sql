with sums as (
    select plan_code, count(*) as account_months, count(*) filter (where not stays) as churned, sum(mrr) as mrr
    from starts
    where is_over and month > (select max(month) from starts where is_over) - interval '12 months'
    group by plan_code
)

select
    plan_code, account_months, churned,
    round(churned::numeric / account_months, 4) as churn_rate,
    round(account_months::numeric / nullif(churned, 0), 4) as lifetime_months,
    round(mrr / account_months, 2) as mrr_per_account,
    round(round(mrr / account_months, 2) * round(account_months::numeric / nullif(churned, 0), 4), 2) as lifetime_revenue
from sums
order by plan_code collate "C"
