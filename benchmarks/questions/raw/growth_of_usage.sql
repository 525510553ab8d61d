with counted as (
    select
        running.account_id, running.plan_code,
        count(*) filter (where usage.age between 28 and 55) as before,
        count(*) filter (where usage.age between 0 and 27) as now
    from running
    left join (
        select account_id, (:as_of - interval '1 microsecond')::date - occurred_at::date as age
        from events
        where occurred_at < :as_of and occurred_at >= :as_of - interval '57 days'
    ) as usage using (account_id)
    where running.mrr > 0
    group by running.account_id, running.plan_code
),

ranked as (
    select *, row_number() over (order by now - before desc, account_id) as place from counted
)

select place, account_id, name, plan_code, before, now, now - before as growth, round(now / nullif(before, 0)::numeric, 4)
from ranked
join accounts using (account_id)
where place <= 20
order by place
