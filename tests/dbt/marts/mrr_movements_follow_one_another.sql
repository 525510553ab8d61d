-- Each movement begins where the one before ended, the first at 0, none below 0,
-- and its type says what it did.
with movements as (
    select
        *,
        coalesce(lag(mrr_after) over (partition by account_id order by moved_at), 0) as expected_before,
        row_number() over (partition by account_id order by moved_at) as movement_number
    from {{ ref('fct_mrr_movements') }}
)

select *
from movements
where mrr_before <> expected_before
    or mrr_after <> mrr_before + mrr_change
    or mrr_after < 0
    or mrr_change = 0
    or (movement_type = 'new') <> (movement_number = 1)
    or (movement_type = 'reactivation') <> (movement_number > 1 and mrr_before = 0)
    or (movement_type = 'churn') <> (mrr_after = 0)
    or (movement_type = 'expansion') <> (mrr_before > 0 and mrr_change > 0)
    or (movement_type = 'contraction') <> (mrr_after > 0 and mrr_change < 0)
