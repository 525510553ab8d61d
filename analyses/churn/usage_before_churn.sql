-- How does usage fall in the weeks before a customer leaves?
{%- set weeks = 12 %}

with accounts as (
    select account_id, {{ utc_date('first_paid_at') }} as first_paid_on from {{ ref('dim_accounts') }}
),

-- who paid for less time than that has no weeks to look back on
churns as (
    select movements.account_id, movements.moved_on
    from {{ ref('fct_mrr_movements') }} as movements
    inner join accounts on movements.account_id = accounts.account_id
    where movements.movement_type = 'churn'
        and accounts.first_paid_on <= {{ add_days('movements.moved_on', -7 * weeks) }}
),

counted as (
    select count(*) as churns from churns
),

days as (
    select
        churns.account_id,
        churns.moved_on,
        cast(floor(({{ days_between('usage.usage_date', 'churns.moved_on') }} - 1) / 7.0) as integer) + 1 as weeks_before,
        usage.events,
        usage.logins
    from churns
    inner join {{ ref('fct_usage_daily') }} as usage
        on churns.account_id = usage.account_id
        and usage.usage_date >= {{ add_days('churns.moved_on', -7 * weeks) }}
        and usage.usage_date < churns.moved_on
),

account_weeks as (
    select account_id, moved_on, weeks_before, count(*) as active_days, sum(events) as events, sum(logins) as logins
    from days
    group by account_id, moved_on, weeks_before
),

sums as (
    select
        weeks_before,
        count(*) as seen,
        sum(active_days) as active_days,
        sum(events) as events,
        sum(logins) as logins
    from account_weeks
    group by weeks_before
),

final as (
    select
        sums.weeks_before,
        cast(counted.churns as integer) as churns,
        {{ ratio('sums.seen', 'counted.churns') }} as share_seen,
        {{ ratio('sums.active_days', 'counted.churns') }} as active_days_each,
        {{ ratio('sums.events', 'counted.churns') }} as events_each,
        {{ ratio('sums.logins', 'counted.churns') }} as logins_each
    from sums
    cross join counted
)

select * from final
order by weeks_before desc
