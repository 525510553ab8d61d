-- Grain: one row per store_id.
with typed as (
    select
        store_id,
        manager_staff_id,
        address_id,
        last_update,
        {{ carry(key=['store_id']) }}
    from {{ source('pagila', 'store') }}
)

select *, {{ reject({}) }} from typed
