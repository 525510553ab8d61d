-- Grain: one row per product_id.
with typed as (
    select
        product_id,
        product_name,
        supplier_id,
        category_id,
        quantity_per_unit,
        unit_price,
        units_in_stock,
        units_on_order,
        reorder_level,
        discontinued,
        {{ carry(key=['product_id']) }}
    from {{ source('northwind', 'products') }}
)

select *, {{ reject({}) }} from typed
