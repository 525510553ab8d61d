-- Grain: one row per source and day of the runs' clock.
with landings as (
    select *, {{ utc_date('as_of') }} as day from {{ source('ops', 'landings') }}
),

final as (
    select
        source,
        day,
        cast(count(distinct table_name) as integer) as tables,
        cast(sum(landed) as bigint) as landed,
        cast(sum(deleted) as bigint) as deleted,
        cast(sum(extracted) as bigint) as extracted,
        cast(sum(bytes) as bigint) as bytes,
        cast(sum(cast(seconds as numeric(12, 3))) as numeric(12, 1)) as seconds,
        max(landed_at) as last_landed_at
    from landings
    group by source, day
)

select * from final
