-- Grain: one row per address_id.
with typed as (
    select
        address_id,
        address,
        address2,
        district,
        city_id,
        postal_code,
        phone,
        last_update,
        {{ carry(key=['address_id']) }}
    from {{ source('pagila', 'address') }}
)

select *, {{ reject({}) }} from typed
