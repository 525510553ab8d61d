-- Grain: one row per supplier_id.
with typed as (
    select
        supplier_id,
        company_name,
        contact_name,
        contact_title,
        address,
        city,
        region,
        postal_code,
        country,
        phone,
        fax,
        homepage,
        {{ carry(key=['supplier_id']) }}
    from {{ source('northwind', 'suppliers') }}
)

select *, {{ reject({}) }} from typed
