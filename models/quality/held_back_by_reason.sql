-- Grain: one row per model and reason for which accepted rows are held back from the marts.
with held_back as (
    select * from {{ ref('held_back') }}
),

final as (
    select model, reason, count(*) as rows
    from held_back
    group by model, reason
)

select * from final
