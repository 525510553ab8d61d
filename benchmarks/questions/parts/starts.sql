-- The accounts that pay at the start of each month: their MRR, the plan that brings most, and whether they pay at its end.
select
    months.month, months.is_over, subscriptions.account_id,
    sum(subscriptions.mrr) filter (where subscriptions.started_at < months.starts_at) as mrr,
    (array_agg(
        subscriptions.plan_code
        order by subscriptions.mrr desc, subscriptions.started_at desc, subscriptions.subscription_id desc
    ) filter (where subscriptions.started_at < months.starts_at))[1] as plan_code,
    bool_or(subscriptions.ended_at is null or subscriptions.ended_at >= months.ends_at) as stays
from months
join subscriptions
    on subscriptions.started_at < months.ends_at
    and (subscriptions.ended_at is null or subscriptions.ended_at >= months.starts_at)
where subscriptions.mrr > 0
group by months.month, months.is_over, subscriptions.account_id
having bool_or(subscriptions.started_at < months.starts_at)
