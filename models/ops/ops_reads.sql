-- Grain: one row per login, table and day.
with reads as (
    select * from {{ source('ops', 'reads') }}
),

tables as (
    select * from {{ source('ops', 'read_tables') }}
),

final as (
    select
        cast(reads.at as date) as day,
        reads.login,
        tables.schema_name,
        tables.table_name,
        max(reads.role) as role,
        cast(sum(reads.calls) as bigint) as read_count,
        count(distinct reads.question_id) as question_count,
        max(reads.at) as last_read_at,
        percentile_cont(0.5) within group (order by reads.ms) as median_ms,
        max(reads.ms) as slowest_ms
    from reads
    inner join tables on reads.question_id = tables.question_id
    group by cast(reads.at as date), reads.login, tables.schema_name, tables.table_name
)

select * from final
