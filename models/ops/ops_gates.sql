-- Grain: one row per run, gate, scope and time of checking.
with gates as (
    select * from {{ source('ops', 'gates') }}
),

final as (
    select
        run_id,
        gate,
        scope,
        checked_at,
        passed,
        sentence,
        row_number() over (partition by gate, scope order by checked_at desc nulls last, run_id desc nulls last) = 1
            as is_newest
    from gates
)

select * from final
