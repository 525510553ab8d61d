-- Grain: one row per cohort (the month in which accounts first paid) and month since.
{{ config(indexes=[{'columns': ['cohort_month', 'months_since'], 'unique': true}]) }}

with firsts as (
    select account_id, month as cohort_month, mrr_change as first_mrr
    from {{ ref('fct_mrr_movements') }}
    where movement_type = 'new'
),

cohorts as (
    select
        cohort_month,
        cast(count(*) as integer) as accounts,
        cast(sum(first_mrr) as numeric(18, 2)) as first_mrr
    from firsts
    group by cohort_month
),

levels as (
    select
        firsts.cohort_month,
        months.month,
        months.is_over,
        cast(count(*) filter (where months.mrr_at_end > 0) as integer) as active_accounts,
        cast(sum(months.mrr_at_end) as numeric(18, 2)) as mrr
    from firsts
    inner join {{ ref('int_account_months') }} as months
        on firsts.account_id = months.account_id
        and months.month >= firsts.cohort_month
    group by firsts.cohort_month, months.month, months.is_over
),

final as (
    select
        -- ids
        levels.cohort_month,
        {{ months_between('levels.cohort_month', 'levels.month') }} as months_since,
        -- numerics
        cohorts.accounts,
        levels.active_accounts,
        {{ ratio('levels.active_accounts', 'cohorts.accounts') }} as active_share,
        cast(1 - {{ ratio('levels.active_accounts', 'cohorts.accounts') }} as numeric(14, 4)) as churned_share,
        cohorts.first_mrr,
        levels.mrr,
        {{ ratio('levels.mrr', 'cohorts.first_mrr') }} as mrr_share,
        -- dates
        levels.month,
        -- flags
        levels.is_over as is_month_over
    from levels
    inner join cohorts on levels.cohort_month = cohorts.cohort_month
)

select * from final
