-- Grain: one row per customer_id.
with typed as (
    select
        customer_id,
        store_id,
        first_name,
        last_name,
        email,
        address_id,
        activebool,
        create_date,
        last_update,
        active,
        {{ carry(key=['customer_id']) }}
    from {{ source('pagila', 'customer') }}
)

select *, {{ reject({}) }} from typed
