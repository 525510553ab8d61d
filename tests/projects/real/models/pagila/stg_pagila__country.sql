-- Grain: one row per country_id.
with typed as (
    select
        country_id,
        country,
        last_update,
        {{ carry(key=['country_id']) }}
    from {{ source('pagila', 'country') }}
)

select *, {{ reject({}) }} from typed
