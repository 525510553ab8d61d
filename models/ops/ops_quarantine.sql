-- Grain: one row per model and set of reasons.
with quarantine as (
    select model, {{ array_text('reasons') }} as reasons, resolved_at, how, first_seen
    from {{ source('quality', 'quarantine') }}
),

final as (
    select
        model,
        reasons,
        count(*) filter (where resolved_at is null) as open_rows,
        count(*) filter (where how = 'mended') as mended,
        count(*) filter (where how = 'replaced') as replaced,
        count(*) filter (where how = 'deleted') as deleted,
        count(*) filter (where how = 'accepted') as accepted,
        min(first_seen) as first_seen,
        max(first_seen) as last_seen
    from quarantine
    group by model, reasons
)

select * from final
