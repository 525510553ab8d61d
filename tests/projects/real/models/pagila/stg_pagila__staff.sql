-- Grain: one row per staff_id.
with typed as (
    select
        staff_id,
        first_name,
        last_name,
        address_id,
        email,
        store_id,
        active,
        username,
        password,
        last_update,
        picture,
        {{ carry(key=['staff_id']) }}
    from {{ source('pagila', 'staff') }}
)

select *, {{ reject({}) }} from typed
