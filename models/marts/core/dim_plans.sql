-- Grain: one row per plan.
{{ config(indexes=[{'columns': ['plan_id'], 'unique': true}]) }}

with plans as (
    select * from {{ ref('stg_app__plans') }}
),

running as (
    select plan_id, count(distinct account_id) as accounts, cast(sum(mrr) as numeric(14, 2)) as mrr
    from {{ ref('int_subscription_periods') }}
    where is_running and mrr > 0
    group by plan_id
),

final as (
    select
        plans.plan_id,
        plans.code as plan_code,
        plans.name as plan_name,
        plans.monthly_price,
        plans.seat_price,
        plans.is_active,
        cast(coalesce(running.accounts, 0) as integer) as active_accounts,
        coalesce(running.mrr, 0) as mrr
    from plans
    left join running on plans.plan_id = running.plan_id
)

select * from final
