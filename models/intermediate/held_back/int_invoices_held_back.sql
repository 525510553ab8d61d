-- Grain: one row per invoice that is held back and reason.
{{ config(materialized='table') }}

with invoices as (
    select * from {{ ref('stg_billing__invoices') }}
),

customers as (
    select customer_ref, currency from {{ ref('stg_billing__customers') }}
),

orphans as {{ orphans(
    'stg_billing__invoices', key='invoice_id', on='customer_ref', called='customer', parent='stg_billing__customers'
) }},

swapped as (
    select
        invoices.invoice_id,
        invoices._key as key,
        'currency is not the customer''s' as reason,
        invoices.customer_ref as parent_key
    from invoices
    inner join customers on invoices.customer_ref = customers.customer_ref
    where invoices.currency <> customers.currency
),

copies as (
    select
        invoice_id,
        invoice_id as key,
        'duplicate of another invoice' as reason,
        original_id as parent_key
    from {{ ref('int_invoice_copies') }}
),

final as (
    select * from orphans
    union all
    select * from swapped
    union all
    select * from copies
)

select * from final
