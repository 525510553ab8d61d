-- Grain: one row per rejected row that a person let through.
with accepted as (
    select * from {{ source('given', 'accepted') }}
),

final as (
    select
        acceptance_id,
        model,
        {{ array_text('reasons') }} as reasons,
        load_id,
        os_user,
        role,
        host,
        because,
        as_of,
        accepted_at,
        undone_at,
        undone_by
    from accepted
)

select * from final
