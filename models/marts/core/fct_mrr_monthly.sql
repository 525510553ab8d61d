-- Grain: one row per month, from the first account's or subscription's to the one that is running at as_of.
{{ config(indexes=[{'columns': ['month'], 'unique': true}]) }}
{%- set types = ['new', 'expansion', 'reactivation', 'contraction', 'churn'] %}

with months as (
    select * from {{ ref('int_months') }}
),

account_months as (
    select * from {{ ref('int_account_months') }}
),

moved as (
    select
        month,
        {%- for type in types %}
        cast(coalesce(sum(mrr_change) filter (where movement_type = '{{ type }}'), 0) as numeric(18, 2))
            as {{ type }}_mrr{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_mrr_movements') }}
    group by month
),

-- each account beside itself twelve months earlier; who was not there then brought in nothing
levels as (
    select
        now.month,
        now.mrr_at_start,
        now.mrr_at_end,
        coalesce(before.mrr_at_end, 0) as mrr_a_year_before
    from account_months as now
    left join account_months as before
        on now.account_id = before.account_id
        and before.month = {{ add_months('now.month', -12) }}
),

totals as (
    select
        month,
        cast(sum(mrr_at_start) as numeric(18, 2)) as mrr_at_start,
        cast(sum(mrr_at_end) as numeric(18, 2)) as mrr_at_end,
        cast(count(*) filter (where mrr_at_end > 0) as integer) as active_accounts,
        sum(mrr_at_end) filter (where mrr_at_start > 0) as kept,
        sum(least(mrr_at_start, mrr_at_end)) as kept_at_most,
        sum(mrr_a_year_before) as mrr_a_year_before,
        sum(mrr_at_end) filter (where mrr_a_year_before > 0) as kept_of_a_year_before
    from levels
    group by month
),

final as (
    select
        -- ids
        months.month,
        -- numerics
        coalesce(totals.mrr_at_start, 0) as mrr_at_start,
        {%- for type in types %}
        coalesce(moved.{{ type }}_mrr, 0) as {{ type }}_mrr,
        {%- endfor %}
        coalesce(totals.mrr_at_end, 0) as mrr_at_end,
        coalesce(totals.active_accounts, 0) as active_accounts,
        {{ ratio('totals.kept', 'totals.mrr_at_start') }} as net_retention,
        {{ ratio('totals.kept_at_most', 'totals.mrr_at_start') }} as gross_retention,
        {{ ratio('totals.kept_of_a_year_before', 'totals.mrr_a_year_before') }} as net_retention_12m,
        -- flags
        months.is_over as is_month_over
    from months
    left join totals on months.month = totals.month
    left join moved on months.month = moved.month
)

select * from final
