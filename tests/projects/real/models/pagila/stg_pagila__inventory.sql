-- Grain: one row per inventory_id.
with typed as (
    select
        inventory_id,
        film_id,
        store_id,
        last_update,
        {{ carry(key=['inventory_id']) }}
    from {{ source('pagila', 'inventory') }}
)

select *, {{ reject({}) }} from typed
