-- Grain: one row per city_id.
with typed as (
    select
        city_id,
        city,
        country_id,
        last_update,
        {{ carry(key=['city_id']) }}
    from {{ source('pagila', 'city') }}
)

select *, {{ reject({}) }} from typed
