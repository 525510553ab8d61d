-- Grain: one row per account and moment at which its MRR changed.
{{ config(materialized='table', post_hook='{{ analyze_this() }}') }}

with periods as (
    select * from {{ ref('int_subscription_periods') }}
    where mrr > 0
),

steps as (
    select account_id, started_at as moved_at, mrr as step from periods
    union all
    select account_id, ended_at as moved_at, -mrr as step from periods
    where ended_at is not null
),

-- an end and a start at the same moment are one change, of plan or of seats
moments as (
    select account_id, moved_at, cast(sum(step) as numeric(14, 2)) as mrr_change
    from steps
    group by account_id, moved_at
),

levels as (
    select
        account_id,
        moved_at,
        mrr_change,
        cast(sum(mrr_change) over (
            partition by account_id order by moved_at
            rows between unbounded preceding and current row
        ) as numeric(14, 2)) as mrr_after,
        row_number() over (partition by account_id order by moved_at) as movement_number
    from moments
    where mrr_change <> 0
),

final as (
    select
        account_id,
        moved_at,
        {{ month_start(utc_date('moved_at')) }} as month,
        case
            when movement_number = 1 then 'new'
            when mrr_after = mrr_change then 'reactivation'
            when mrr_after = 0 then 'churn'
            when mrr_change > 0 then 'expansion'
            else 'contraction'
        end as movement_type,
        cast(mrr_after - mrr_change as numeric(14, 2)) as mrr_before,
        mrr_change,
        mrr_after
    from levels
)

select * from final
