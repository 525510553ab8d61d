-- Grain: one row per region_id.
with typed as (
    select
        region_id,
        region_description,
        {{ carry(key=['region_id']) }}
    from {{ source('northwind', 'region') }}
)

select *, {{ reject({}) }} from typed
