-- Grain: one row per film_id and category_id.
with typed as (
    select
        film_id,
        category_id,
        last_update,
        {{ carry(key=['film_id', 'category_id']) }}
    from {{ source('pagila', 'film_category') }}
)

select *, {{ reject({}) }} from typed
