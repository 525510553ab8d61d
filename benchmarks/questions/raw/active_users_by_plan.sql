with active as (
    select distinct user_id, account_id from events
    where occurred_at >= :as_of - interval '28 days'
),

people as (
    select users.account_id, count(*) as users, count(active.user_id) as active_users
    from users
    left join active using (user_id, account_id)
    group by users.account_id
)

select
    plan_code, count(*) as accounts, sum(seats) as seats,
    coalesce(sum(users), 0) as users, coalesce(sum(active_users), 0) as active_users,
    round(coalesce(sum(active_users), 0) / nullif(coalesce(sum(users), 0), 0), 4) as active_share,
    round(coalesce(sum(active_users), 0) / nullif(sum(seats), 0), 4) as seats_used
from running
left join people using (account_id)
where mrr > 0
group by plan_code
order by plan_code collate "C"
