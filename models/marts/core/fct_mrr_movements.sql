-- Grain: one row per account and moment at which its MRR changed.
{{ config(indexes=[{'columns': ['account_id', 'moved_at'], 'unique': true}, {'columns': ['month']}]) }}

with movements as (
    select * from {{ ref('int_mrr_movements') }}
),

final as (
    select
        account_id,
        moved_at,
        {{ utc_date('moved_at') }} as moved_on,
        month,
        movement_type,
        mrr_before,
        mrr_change,
        mrr_after
    from movements
)

select * from final
