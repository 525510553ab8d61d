-- Grain: one row per payment that is held back.
{{ config(materialized='table') }}

with payments as (
    select * from {{ ref('stg_billing__payments') }}
),

invoices as (
    select invoice_id from {{ ref('int_invoices') }}
),

quarantined as (
    select distinct key from {{ ref('open_quarantine') }}
    where model = 'stg_billing__invoices'
),

held_back as (
    select distinct key from {{ ref('int_invoices_held_back') }}
),

final as (
    select
        payments.payment_id,
        payments._key as key,
        case
            when payments.invoice_id is null then 'invoice is missing'
            when held_back.key is not null then 'parent is held back'
            when quarantined.key is not null then 'parent is in quarantine'
            else 'invoice is unknown'
        end as reason,
        payments.invoice_id as parent_key
    from payments
    left join invoices on payments.invoice_id = invoices.invoice_id
    left join quarantined on payments.invoice_id = quarantined.key
    left join held_back on payments.invoice_id = held_back.key
    where invoices.invoice_id is null
)

select * from final
