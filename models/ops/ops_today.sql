-- Grain: one row in all: whether the data are good, and of when.
with runs as (
    select *, row_number() over (order by started_at desc nulls last, run_id desc nulls last) as newest_first
    from {{ ref('ops_runs') }}
    where command = 'run'
),

publications as (
    select
        *,
        row_number() over (order by published_at desc nulls last, publication_id desc nulls last) as newest_first
    from {{ source('ops', 'publications') }}
    where rolled_back_at is null
),

marts as (
    select publication_id, cast(count(*) as integer) as marts
    from {{ source('ops', 'publication_tables') }}
    where mart not like 'analytics_private.%'
    group by publication_id
),

tables as (
    select
        cast(count(*) as integer) as tables,
        cast(count(*) filter (where verdict not in ('holds', 'not staged')) as integer) as tables_that_do_not_hold,
        cast(count(*) filter (where verdict = 'not staged') as integer) as tables_that_wait,
        cast(coalesce(sum(landed), 0) as bigint) as landed,
        cast(coalesce(sum(waiting), 0) as bigint) as waiting
    from {{ ref('ops_balance_by_table') }}
),

gates as (
    select
        cast(count(*) as integer) as gates,
        cast(count(*) filter (where not passed) as integer) as failed_gates
    from {{ ref('ops_gates') }}
    where is_newest
),

final as (
    select
        publications.publication_id,
        publications.published_at,
        publications.as_of as published_as_of,
        coalesce(marts.marts, 0) as marts,
        runs.run_id as last_run_id,
        runs.state as last_run_state,
        runs.started_at as last_run_started_at,
        runs.ended_at as last_run_ended_at,
        runs.as_of as last_run_as_of,
        tables.tables,
        tables.tables_that_do_not_hold,
        tables.tables_that_wait,
        tables.landed,
        tables.waiting,
        gates.gates,
        gates.failed_gates
    from tables
    cross join gates
    left join runs on runs.newest_first = 1
    left join publications on publications.newest_first = 1
    left join marts on publications.publication_id = marts.publication_id
)

select * from final
