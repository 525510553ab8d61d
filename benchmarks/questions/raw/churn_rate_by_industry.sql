with customers as (
    select
        account_id,
        (array_agg(mrr_before order by moved_at desc) filter (where is_churn))[1] as last_mrr
    from movements
    group by account_id
)

select
    coalesce(accounts.industry, 'unknown') as industry,
    count(*) as customers,
    count(*) filter (where running.mrr = 0) as churned,
    round(count(*) filter (where running.mrr = 0) / count(*)::numeric, 4) as churn_rate,
    sum(running.mrr) as mrr,
    coalesce(sum(customers.last_mrr) filter (where running.mrr = 0), 0) as lost_mrr
from customers
join accounts using (account_id)
join running using (account_id)
group by 1
order by churn_rate desc, coalesce(accounts.industry, 'unknown') collate "C"
