-- Grain: one row per run, gate, scope and time of checking.
with gates as (
    select * from {{ source('ops', 'gates') }}
),

final as (
    select run_id, gate, scope, checked_at, passed, sentence
    from gates
)

select * from final
