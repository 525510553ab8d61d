-- Grain: one row per territory_id.
with typed as (
    select
        territory_id,
        territory_description,
        region_id,
        {{ carry(key=['territory_id']) }}
    from {{ source('northwind', 'territories') }}
)

select *, {{ reject({}) }} from typed
