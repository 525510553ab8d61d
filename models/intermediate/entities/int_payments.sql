-- Grain: one row per payment, those held back left out, with the customer and account of its invoice.
with payments as (
    select * from {{ ref('stg_billing__payments') }}
),

invoices as (
    select invoice_id, customer_ref, account_id from {{ ref('int_invoices') }}
),

held_back as (
    select distinct payment_id from {{ ref('int_payments_held_back') }}
),

final as (
    select payments.*, invoices.customer_ref, invoices.account_id
    from payments
    left join invoices on payments.invoice_id = invoices.invoice_id
    left join held_back on payments.payment_id = held_back.payment_id
    where held_back.payment_id is null
)

select * from final
