-- Grain: one row per account and moment at which its MRR changed.
with movements as (
    select * from {{ ref('int_mrr_movements') }}
),

final as (
    select
        account_id,
        moved_at,
        cast(moved_at as date) as moved_on,
        month,
        movement_type,
        mrr_before,
        mrr_change,
        mrr_after
    from movements
)

select * from final
