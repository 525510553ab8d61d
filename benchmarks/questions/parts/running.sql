-- The accounts that ever had a subscription: what runs at as_of, and the plan that brings most.
select
    account_id,
    coalesce(sum(mrr) filter (where ended_at is null), 0) as mrr,
    sum(seats) filter (where ended_at is null) as seats,
    (array_agg(plan_code order by mrr desc, started_at desc, subscription_id desc)
        filter (where ended_at is null))[1] as plan_code
from subscriptions
group by account_id
