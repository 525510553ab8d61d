-- Grain: one row per shipper_id.
with typed as (
    select
        shipper_id,
        company_name,
        phone,
        {{ carry(key=['shipper_id']) }}
    from {{ source('northwind', 'shippers') }}
)

select *, {{ reject({}) }} from typed
