-- MRR at month end = MRR at month start + new + expansion + reactivation - contraction - churn,
-- for every account and month; month ends come from the subscriptions in force, not from the movements.
with months as (
    select account_id, month, mrr_at_start, mrr_at_end from {{ ref('int_account_months') }}
),

movements as (
    select
        account_id,
        month,
        sum(case when movement_type in ('new', 'expansion', 'reactivation') then mrr_change else 0 end) as gained,
        -- a loss is negative: this is contraction + churn
        sum(case when movement_type in ('contraction', 'churn') then -mrr_change else 0 end) as lost
    from {{ ref('fct_mrr_movements') }}
    group by account_id, month
)

select months.account_id, months.month, months.mrr_at_start, gained, lost, months.mrr_at_end
from months
full outer join movements on months.account_id = movements.account_id and months.month = movements.month
where months.account_id is null
    or months.mrr_at_end <> months.mrr_at_start + coalesce(gained, 0) - coalesce(lost, 0)
