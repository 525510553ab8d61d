-- Grain: one row per mart and login.
with reads as (
    select * from {{ ref('ops_reads') }}
    where schema_name in ('analytics', 'analytics_private')
),

final as (
    select
        table_name as mart,
        login,
        cast(sum(read_count) as bigint) as read_count,
        cast(count(distinct day) as integer) as days,
        max(last_read_at) as last_read_at,
        max(case when schema_name = 'analytics_private' then 1 else 0 end) = 1 as reads_in_clear
    from reads
    group by table_name, login
)

select * from final
