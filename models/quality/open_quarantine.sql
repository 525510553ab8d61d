-- Grain: one row per model and key whose last version waits in quarantine.
with quarantine as (
    select * from {{ source('quality', 'quarantine') }}
),

final as (
    select
        model,
        key,
        {{ array_text('reasons') }} as reasons,
        load_id,
        seq,
        first_seen
    from quarantine
    where resolved_at is null
)

select * from final
