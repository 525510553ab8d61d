-- Grain: one row per category_id.
with typed as (
    select
        category_id,
        name,
        last_update,
        {{ carry(key=['category_id']) }}
    from {{ source('pagila', 'category') }}
)

select *, {{ reject({}) }} from typed
