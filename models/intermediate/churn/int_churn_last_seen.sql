-- Grain: one row per account and month: the last day with usage that was known at the month's as-of moment.
{{ config(
    materialized='batched', event_time='month', batch_size='month', by='account_id',
    reach={'int_usage_monthly': 'all', 'int_account_months': 'all'},
    indexes=[{'columns': ['account_id', 'month'], 'unique': true}]
) }}

with account_months as (
    select account_id, month from {{ ref('int_account_months') }}
    where is_known
),

firsts as (
    select account_id, min(month) as first_month
    from account_months
    group by account_id
),

-- what happened before the account was known counts from its first month
seen as (
    select
        usage.account_id,
        greatest(usage.known_month, firsts.first_month) as month,
        max(usage.last_usage_date) as last_seen_on
    from {{ ref('int_usage_monthly') }} as usage
    inner join firsts on usage.account_id = firsts.account_id
    where usage.known_month is not null
    group by usage.account_id, greatest(usage.known_month, firsts.first_month)
),

final as (
    select
        account_months.account_id,
        account_months.month,
        max(seen.last_seen_on) over (
            partition by account_months.account_id order by account_months.month
            rows between unbounded preceding and current row
        ) as last_seen_on
    from account_months
    left join seen
        on account_months.account_id = seen.account_id and account_months.month = seen.month
)

select * from final
