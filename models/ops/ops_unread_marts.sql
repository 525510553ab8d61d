-- Grain: one row per published mart.
with marts as (
    select distinct mart from {{ source('ops', 'publication_tables') }}
    where mart not like 'analytics_private.%'
),

reads as (
    select * from {{ ref('ops_reads') }}
    where schema_name in ('analytics', 'analytics_private')
),

final as (
    select
        marts.mart,
        max(reads.last_read_at) as last_read_at,
        coalesce(sum(reads.read_count), 0) as read_count
    from marts
    left join reads on marts.mart = reads.table_name
    group by marts.mart
)

select * from final
