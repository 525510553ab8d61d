-- Grain: one row per customer_type_id.
with typed as (
    select
        customer_type_id,
        customer_desc,
        {{ carry(key=['customer_type_id']) }}
    from {{ source('northwind', 'customer_demographics') }}
)

select *, {{ reject({}) }} from typed
