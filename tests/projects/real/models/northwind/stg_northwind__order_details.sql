-- Grain: one row per order_id and product_id.
with typed as (
    select
        order_id,
        product_id,
        unit_price,
        quantity,
        discount,
        {{ carry(key=['order_id', 'product_id']) }}
    from {{ source('northwind', 'order_details') }}
)

select *, {{ reject({}) }} from typed
