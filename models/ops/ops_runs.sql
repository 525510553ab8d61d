-- Grain: one row per run, and per command by hand that lands or builds.
with runs as (
    select * from {{ source('ops', 'runs') }}
),

steps as (
    select
        run_id,
        step,
        row_number() over (partition by run_id order by seconds desc nulls last, step asc nulls last) as slowest_first
    from {{ source('ops', 'run_steps') }}
),

final as (
    select
        runs.run_id,
        runs.command,
        runs.state,
        runs.started_at,
        runs.ended_at,
        {{ seconds_between('runs.started_at', 'runs.ended_at') }} as seconds,
        steps.step as slowest_step,
        runs.as_of,
        runs.message,
        runs.flow_run_id
    from runs
    left join steps on runs.run_id = steps.run_id and steps.slowest_first = 1
)

select * from final
