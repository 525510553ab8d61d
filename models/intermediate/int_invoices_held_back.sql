-- Grain: one row per invoice that is held back and reason.
{{ config(materialized='table') }}

with invoices as (
    select * from {{ ref('stg_billing__invoices') }}
),

customers as (
    select customer_ref, currency from {{ ref('stg_billing__customers') }}
),

quarantined as (
    select distinct key from {{ ref('open_quarantine') }}
    where model = 'stg_billing__customers'
),

orphans as (
    select
        invoices.invoice_id,
        case
            when invoices.customer_ref is null then 'customer is missing'
            when quarantined.key is not null then 'parent is in quarantine'
            else 'customer is unknown'
        end as reason,
        invoices.customer_ref as parent_key
    from invoices
    left join customers on invoices.customer_ref = customers.customer_ref
    left join quarantined on invoices.customer_ref = quarantined.key
    where customers.customer_ref is null
),

swapped as (
    select
        invoices.invoice_id,
        'currency is not the customer''s' as reason,
        invoices.customer_ref as parent_key
    from invoices
    inner join customers on invoices.customer_ref = customers.customer_ref
    where invoices.currency <> customers.currency
),

copies as (
    select
        invoice_id,
        'duplicate of another invoice' as reason,
        original_id as parent_key
    from {{ ref('int_invoice_copies') }}
),

final as (
    select invoice_id, invoice_id as key, reason, parent_key from orphans
    union all
    select invoice_id, invoice_id as key, reason, parent_key from swapped
    union all
    select invoice_id, invoice_id as key, reason, parent_key from copies
)

select * from final
