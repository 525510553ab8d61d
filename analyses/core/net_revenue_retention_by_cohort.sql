-- Of the MRR that customers began with, how much is left after 3, 6 and 12 months?
{%- set ages = [3, 6, 12] %}

with cohorts as (
    select * from {{ ref('fct_churn_by_cohort') }}
    -- the running month is not over: its MRR may still move
    where is_month_over
),

final as (
    select
        cohort_month,
        accounts,
        first_mrr,
        {%- for age in ages %}
        max(mrr_share) filter (where months_since = {{ age }}) as after_{{ age }}_months{{ ',' if not loop.last }}
        {%- endfor %}
    from cohorts
    group by cohort_month, accounts, first_mrr
)

select * from final
order by cohort_month
