-- Grain: one row per language_id.
with typed as (
    select
        language_id,
        name,
        last_update,
        {{ carry(key=['language_id']) }}
    from {{ source('pagila', 'language') }}
)

select *, {{ reject({}) }} from typed
