-- Grain: one row per account and month, from its creation to the month running at as_of; as all is known now.
{{ config(
    materialized='batched', event_time='month', batch_size='month', by='account_id',
    reach={'int_months': 1},
    indexes=[{'columns': ['account_id', 'month'], 'unique': true}]
) }}

with accounts as (
    select account_id, created_at, {{ known_at('created_at') }} as known_at
    from {{ ref('stg_app__accounts') }}
),

months as (
    select * from {{ ref('int_months') }}
),

periods as (
    select account_id, started_at, ended_at, is_running, mrr, seats from {{ ref('int_subscription_periods') }}
),

-- legacy accounts may have been created after their first subscription
firsts as (
    select account_id, min(started_at) as first_started_at
    from periods
    group by account_id
),

account_months as (
    select
        accounts.account_id,
        months.*,
        -- an account that landed late was known to nobody before
        accounts.created_at < months.as_of_at and accounts.known_at <= months.as_of_at as is_known
    from accounts
    left join firsts on accounts.account_id = firsts.account_id
    inner join months on least(accounts.created_at, firsts.first_started_at) < months.as_of_at
),

-- in force at a moment: started before it, and not ended before it
at_end as (
    select
        account_months.account_id,
        account_months.month,
        sum(periods.mrr) as mrr,
        sum(periods.seats) as seats
    from account_months
    inner join periods
        on account_months.account_id = periods.account_id
        and periods.started_at < account_months.as_of_at
        and (periods.is_running or periods.ended_at >= account_months.as_of_at)
    group by account_months.account_id, account_months.month
),

final as (
    select
        account_months.account_id,
        account_months.month,
        account_months.starts_at,
        account_months.as_of_at,
        account_months.as_of_date,
        account_months.is_over,
        account_months.is_known,
        cast(coalesce(lag(at_end.mrr) over (
            partition by account_months.account_id order by account_months.month
        ), 0) as numeric(14, 2)) as mrr_at_start,
        cast(coalesce(at_end.mrr, 0) as numeric(14, 2)) as mrr_at_end,
        cast(coalesce(at_end.seats, 0) as integer) as seats
    from account_months
    left join at_end
        on account_months.account_id = at_end.account_id and account_months.month = at_end.month
)

select * from final
