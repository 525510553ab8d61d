-- Grain: one row per incident.
with incidents as (
    select * from {{ source('ops', 'incidents') }}
),

final as (
    select
        incident_id,
        cause,
        subject,
        severity,
        title,
        what,
        affected,
        readers,
        turn,
        command,
        rows,
        downstream,
        exposures,
        opened_at,
        last_seen_at,
        times_seen,
        closed_at,
        {{ seconds_between('opened_at', 'closed_at') }} as seconds_open,
        opened_by,
        closed_by
    from incidents
)

select * from final
