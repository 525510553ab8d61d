-- Grain: one row per customer that is held back.
{{ config(materialized='table') }}

with customers as (
    select * from {{ ref('stg_billing__customers') }}
),

currencies as (
    select code from {{ ref('currencies') }}
),

final as (
    select
        customers.customer_ref,
        customers._key as key,
        'currency is unknown' as reason,
        customers.currency as parent_key
    from customers
    left join currencies on customers.currency = currencies.code
    where customers.currency is not null and currencies.code is null
)

select * from final
