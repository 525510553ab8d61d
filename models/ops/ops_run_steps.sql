-- Grain: one row per run and step.
with steps as (
    select * from {{ source('ops', 'run_steps') }}
),

runs as (
    select * from {{ source('ops', 'runs') }}
),

final as (
    select
        steps.run_id,
        runs.command,
        runs.started_at,
        steps.step,
        cast(steps.seconds as numeric(12, 1)) as seconds
    from steps
    inner join runs on steps.run_id = runs.run_id
)

select * from final
