with cohorts as (
    select account_id, date_trunc('month', moved_at) as starts_at, mrr_change as first_mrr
    from movements
    where is_first
),

ages as (
    select starts_at, age, starts_at + make_interval(months => age + 1) as ends_at
    from (select distinct starts_at from cohorts) as cohort, unnest(array[0, 3, 6, 12]) as age
    where starts_at + make_interval(months => age + 1) <= :as_of
),

kept as (
    select ages.starts_at, ages.age, sum(subscriptions.mrr) as mrr
    from ages
    join cohorts using (starts_at)
    left join subscriptions
        on subscriptions.account_id = cohorts.account_id
        and subscriptions.started_at < ages.ends_at
        and (subscriptions.ended_at is null or subscriptions.ended_at >= ages.ends_at)
    group by ages.starts_at, ages.age
)

select
    starts_at::date as cohort_month, accounts, first_mrr,
    round(max(coalesce(mrr, 0)) filter (where age = 3) / first_mrr, 4) as after_3_months,
    round(max(coalesce(mrr, 0)) filter (where age = 6) / first_mrr, 4) as after_6_months,
    round(max(coalesce(mrr, 0)) filter (where age = 12) / first_mrr, 4) as after_12_months
from kept
join (select starts_at, count(*) as accounts, sum(first_mrr) as first_mrr from cohorts group by starts_at) as sizes
    using (starts_at)
group by starts_at, accounts, first_mrr
order by starts_at
