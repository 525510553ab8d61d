-- Grain: one row per rental_id.
with typed as (
    select
        rental_id,
        rental_date,
        inventory_id,
        customer_id,
        return_date,
        staff_id,
        last_update,
        {{ carry(key=['rental_id']) }}
    from {{ source('pagila', 'rental') }}
)

select *, {{ reject({}) }} from typed
