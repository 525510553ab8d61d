-- MRR of a month is one number: of all accounts, of all movements until then, and of the cohorts together.
with cohorts as (
    select month, sum(mrr) as mrr from {{ ref('fct_churn_by_cohort') }} group by month
),

movements as (
    select months.month, coalesce(sum(moves.mrr_change), 0) as mrr
    from {{ ref('fct_mrr_monthly') }} as months
    left join {{ ref('fct_mrr_movements') }} as moves on moves.month <= months.month
    group by months.month
),

plans as (
    select month, sum(mrr_at_start) as mrr_at_start
    from {{ ref('fct_churn_by_plan') }}
    group by month
)

select
    months.month,
    months.mrr_at_end,
    cohorts.mrr as of_cohorts,
    movements.mrr as of_movements,
    plans.mrr_at_start as of_plans
from {{ ref('fct_mrr_monthly') }} as months
left join cohorts on months.month = cohorts.month
left join movements on months.month = movements.month
left join plans on months.month = plans.month
where months.mrr_at_end <> coalesce(cohorts.mrr, 0)
    or months.mrr_at_end <> movements.mrr
    or months.mrr_at_start <> coalesce(plans.mrr_at_start, 0)
