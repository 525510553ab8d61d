-- Grain: one row per order_id.
with typed as (
    select
        order_id,
        customer_id,
        employee_id,
        order_date,
        required_date,
        shipped_date,
        ship_via,
        freight,
        ship_name,
        ship_address,
        ship_city,
        ship_region,
        ship_postal_code,
        ship_country,
        {{ carry(key=['order_id']) }}
    from {{ source('northwind', 'orders') }}
)

select *, {{ reject({}) }} from typed
