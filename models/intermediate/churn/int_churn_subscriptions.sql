-- Grain: one row per account and month: what was known of its subscriptions at the month's as-of moment.
{{ config(
    materialized='batched', event_time='month', batch_size='month', by='account_id',
    indexes=[{'columns': ['account_id', 'month'], 'unique': true}]
) }}

with account_months as (
    select account_id, month, as_of_at from {{ ref('int_account_months') }}
    where is_known
),

periods as (
    select
        account_id, subscription_id, plan_code, seats, mrr, started_at, ended_at, known_at, end_known_at
    from {{ ref('int_subscription_periods') }}
),

known as (
    select
        account_months.account_id,
        account_months.month,
        periods.plan_code,
        periods.seats,
        periods.mrr,
        periods.started_at,
        -- an end that came later, or was heard of later, was not known
        coalesce(
            periods.ended_at >= account_months.as_of_at
            or periods.end_known_at > account_months.as_of_at, true
        ) as is_in_force,
        row_number() over (
            partition by account_months.account_id, account_months.month
            order by
                coalesce(
                    periods.ended_at >= account_months.as_of_at
                    or periods.end_known_at > account_months.as_of_at, true
                ) desc,
                periods.mrr desc, periods.started_at desc, periods.subscription_id desc
        ) as importance
    from account_months
    inner join periods
        on account_months.account_id = periods.account_id
        and periods.started_at < account_months.as_of_at
        and periods.known_at <= account_months.as_of_at
),

final as (
    select
        account_id,
        month,
        min(started_at) as first_started_at,
        count(*) as subscription_count,
        count(*) filter (where is_in_force and mrr > 0) > 0 as is_active,
        cast(coalesce(sum(mrr) filter (where is_in_force), 0) as numeric(14, 2)) as mrr,
        cast(sum(seats) filter (where is_in_force) as integer) as seats,
        -- of several subscriptions in force, the one that brings most
        max(plan_code) filter (where is_in_force and importance = 1) as plan_code,
        max(started_at) filter (where is_in_force) as plan_started_at
    from known
    group by account_id, month
)

select * from final
