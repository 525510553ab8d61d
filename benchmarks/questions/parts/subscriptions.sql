-- The subscriptions of known accounts to known plans, begun before as_of; an end after as_of is none.
select
    latest.subscription_id, latest.account_id, plans.code as plan_code, latest.seats, latest.started_at,
    coalesce(latest.mrr, 0)::numeric(14, 2) as mrr,
    case when latest.ended_at < :as_of then latest.ended_at end as ended_at
from (select distinct on (subscription_id) * from raw_app.subscriptions order by subscription_id, _seq desc) as latest
join accounts using (account_id)
join plans using (plan_id)
where latest._op = 'upsert'
    and (latest.ended_at < latest.started_at) is not true
    and (latest.seats < 0) is not true
    and (latest.mrr < 0) is not true
    and latest.started_at < :as_of
