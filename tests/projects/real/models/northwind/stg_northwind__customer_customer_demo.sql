-- Grain: one row per customer_id and customer_type_id.
with typed as (
    select
        customer_id,
        customer_type_id,
        {{ carry(key=['customer_id', 'customer_type_id']) }}
    from {{ source('northwind', 'customer_customer_demo') }}
)

select *, {{ reject({}) }} from typed
