-- Grain: one row per customer_id.
with typed as (
    select
        customer_id,
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
        {{ carry(key=['customer_id']) }}
    from {{ source('northwind', 'customers') }}
)

select *, {{ reject({}) }} from typed
