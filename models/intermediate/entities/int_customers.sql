-- Grain: one row per billed customer, those held back left out.
with customers as (
    select * from {{ ref('stg_billing__customers') }}
),

held_back as (
    select distinct customer_ref from {{ ref('int_customers_held_back') }}
),

final as (
    select customers.*
    from customers
    left join held_back on customers.customer_ref = held_back.customer_ref
    where held_back.customer_ref is null
)

select * from final
