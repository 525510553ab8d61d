-- Grain: one row per export.
with exports as (
    select * from {{ source('ops', 'exports') }}
),

final as (
    select
        export_id,
        started_at,
        ended_at,
        state,
        message,
        asked_by,
        for_whom,
        share,
        what,
        where_clause,
        columns,
        masked,
        in_clear,
        because,
        format,
        destination,
        publication_id,
        rows,
        bytes,
        digest
    from exports
)

select * from final
