-- How much MRR did each plan bring in, month by month?
with plans as (
    select * from {{ ref('fct_churn_by_plan') }}
),

final as (
    select
        month,
        plan_code,
        accounts_at_start as accounts,
        mrr_at_start as mrr,
        {{ ratio('mrr_at_start', 'sum(mrr_at_start) over (partition by month)') }} as share_of_month
    from plans
)

select * from final
order by month, {{ byte_order('plan_code') }}
