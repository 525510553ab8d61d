-- Grain: one row per day and schema.
with sizes as (
    select * from {{ source('ops', 'sizes') }}
),

final as (
    select
        day,
        schema_name,
        cast(count(*) as integer) as tables,
        cast(sum(bytes) as bigint) as bytes
    from sizes
    group by day, schema_name
)

select * from final
