-- Grain: one row per table, as it was measured last.
{%- set days_seen, days_needed = 28, 3 %}

with sizes as (
    select * from {{ source('ops', 'sizes') }}
),

days as (
    select max(day) as newest_day from sizes
),

newest as (
    select sizes.schema_name, sizes.table_name, sizes.bytes, sizes.day
    from sizes
    inner join days on sizes.day = days.newest_day
),

-- the oldest measure of the last four weeks
before as (
    select
        sizes.schema_name,
        sizes.table_name,
        sizes.bytes,
        sizes.day,
        row_number() over (
            partition by sizes.schema_name, sizes.table_name order by sizes.day asc nulls last
        ) as oldest_first
    from sizes
    inner join newest
        on sizes.schema_name = newest.schema_name and sizes.table_name = newest.table_name
    where {{ days_between('sizes.day', 'newest.day') }} between {{ days_needed }} and {{ days_seen }}
),

final as (
    select
        newest.schema_name,
        newest.table_name,
        newest.day,
        newest.bytes,
        before.day as measured_before_on,
        before.bytes as bytes_before,
        cast(
            (newest.bytes - before.bytes)
            / cast({{ days_between('before.day', 'newest.day') }} as numeric(10, 0)) as bigint
        ) as bytes_per_day
    from newest
    left join before
        on newest.schema_name = before.schema_name
        and newest.table_name = before.table_name
        and before.oldest_first = 1
)

select * from final
