-- Grain: one row per employee_id and territory_id.
with typed as (
    select
        employee_id,
        territory_id,
        {{ carry(key=['employee_id', 'territory_id']) }}
    from {{ source('northwind', 'employee_territories') }}
)

select *, {{ reject({}) }} from typed
