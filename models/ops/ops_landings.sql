-- Grain: one row per load and job.
with landings as (
    select * from {{ source('ops', 'landings') }}
),

final as (
    select
        load_id,
        job,
        run_id,
        source,
        table_name,
        promise,
        how,
        extracted,
        landed,
        deleted,
        source_rows,
        duplicates,
        bytes,
        cast(seconds as numeric(12, 3)) as seconds,
        as_of,
        landed_at,
        drift
    from landings
)

select * from final
