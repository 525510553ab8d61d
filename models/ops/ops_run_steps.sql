-- Grain: one row per run and step.
with steps as (
    select * from {{ source('ops', 'run_steps') }}
),

final as (
    select run_id, step, cast(seconds as numeric(12, 1)) as seconds
    from steps
)

select * from final
