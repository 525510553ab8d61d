-- Grain: one row per account that ever had a subscription: how it stands at as_of.
with periods as (
    select
        *,
        row_number() over (
            partition by account_id order by is_running desc, mrr desc, started_at desc, subscription_id desc
        ) as importance
    from {{ ref('int_subscription_periods') }}
),

running as (
    select
        account_id,
        cast(coalesce(sum(mrr) filter (where is_running), 0) as numeric(14, 2)) as mrr,
        cast(sum(seats) filter (where is_running) as integer) as seats,
        -- of several subscriptions in force, the one that brings most
        max(plan_code) filter (where is_running and importance = 1) as plan_code
    from periods
    group by account_id
),

moved as (
    select
        account_id,
        min(moved_at) as first_paid_at,
        max(moved_at) filter (where movement_type = 'churn') as last_churned_at
    from {{ ref('int_mrr_movements') }}
    group by account_id
),

final as (
    select
        running.account_id,
        case
            when running.mrr > 0 then 'active'
            when moved.first_paid_at is not null then 'churned'
            else 'never paid'
        end as status,
        running.mrr,
        running.seats,
        running.plan_code,
        moved.first_paid_at,
        case when running.mrr = 0 then moved.last_churned_at end as churned_at
    from running
    left join moved on running.account_id = moved.account_id
)

select * from final
