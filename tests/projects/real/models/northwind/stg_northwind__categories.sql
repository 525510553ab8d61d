-- Grain: one row per category_id.
with typed as (
    select
        category_id,
        category_name,
        description,
        picture,
        {{ carry(key=['category_id']) }}
    from {{ source('northwind', 'categories') }}
)

select *, {{ reject({}) }} from typed
