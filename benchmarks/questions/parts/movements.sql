-- The moments at which an account's MRR changed: mrr_change is what it changed by, mrr_before what it was.
select
    account_id, moved_at, mrr_change,
    sum(mrr_change) over story - mrr_change as mrr_before,
    row_number() over story = 1 as is_first,
    row_number() over story > 1 and sum(mrr_change) over story = 0 as is_churn
from (
    select account_id, moved_at, sum(step) as mrr_change
    from (
        select account_id, started_at as moved_at, mrr as step from subscriptions where mrr > 0
        union all
        select account_id, ended_at, -mrr from subscriptions where mrr > 0 and ended_at is not null
    ) as steps
    group by account_id, moved_at
    having sum(step) <> 0
) as moments
window story as (partition by account_id order by moved_at)
