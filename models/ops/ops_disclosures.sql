-- Grain: one row per look at personal data in clear.
with disclosures as (
    select * from {{ source('ops', 'disclosures') }}
),

final as (
    select
        disclosure_id,
        disclosed_at,
        role,
        os_user,
        host,
        command,
        model,
        key,
        because,
        rows
    from disclosures
)

select * from final
