-- Grain: one row per login, way, mart and day.
with reads as (
    select * from {{ ref('ops_reads') }}
    where schema_name = 'analytics_private'
),

exports as (
    select * from {{ source('ops', 'exports') }}
    where cardinality(in_clear) > 0 and state = 'succeeded'
),

final as (
    select login, 'query' as way, table_name as mart, day, read_count, last_read_at
    from reads
    union all
    select
        asked_by as login,
        'export' as way,
        what as mart,
        cast(started_at as date) as day,
        count(*) as read_count,
        max(started_at) as last_read_at
    from exports
    group by asked_by, what, cast(started_at as date)
)

select * from final
