-- Grain: one row per table that has ever landed.
with landings as (
    select
        *,
        row_number() over (
            partition by source, table_name
            order by landed_at desc nulls last, load_id desc nulls last, job desc nulls last
        ) as newest_first
    from {{ source('ops', 'landings') }}
),

totals as (
    select
        source,
        table_name,
        count(distinct load_id) as loads,
        cast(sum(landed) as bigint) as rows_landed,
        max(case when landed > 0 then as_of end) as last_change_as_of
    from landings
    group by source, table_name
),

final as (
    select
        totals.source,
        totals.table_name,
        landings.promise,
        landings.how as last_how,
        landings.as_of as last_as_of,
        landings.landed_at as last_landed_at,
        totals.last_change_as_of,
        landings.source_rows as last_source_rows,
        totals.loads,
        totals.rows_landed
    from totals
    inner join landings
        on totals.source = landings.source
        and totals.table_name = landings.table_name
        and landings.newest_first = 1
)

select * from final
