with churns as (
    select account_id, moved_at::date as moved_on
    from (
        select account_id, moved_at, is_churn, min(moved_at) over (partition by account_id)::date as first_paid_on
        from movements
    ) as story
    where is_churn and first_paid_on <= moved_at::date - 84
),

account_weeks as (
    select
        churns.account_id, churns.moved_on,
        (churns.moved_on - events.occurred_at::date - 1) / 7 + 1 as weeks_before,
        count(distinct events.occurred_at::date) as active_days,
        count(*) as events,
        count(*) filter (where events.event_type = 'login') as logins
    from churns
    join events
        on events.account_id = churns.account_id
        and events.occurred_at >= churns.moved_on - 84 and events.occurred_at < churns.moved_on
    group by 1, 2, 3
)

select
    weeks_before, churns,
    round(count(*)::numeric / churns, 4) as share_seen,
    round(sum(active_days) / churns, 4) as active_days_each,
    round(sum(events) / churns, 4) as events_each,
    round(sum(logins) / churns, 4) as logins_each
from account_weeks, (select count(*) as churns from churns) as counted
group by weeks_before, churns
order by weeks_before desc
