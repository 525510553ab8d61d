-- Grain: one row per payment, those held back left out, with what its invoice says, and its reporting amount.
{{ config(
    materialized='table', post_hook='{{ analyze_this() }}',
    indexes=[{'columns': ['payment_id'], 'unique': true}, {'columns': ['account_id']}]
) }}

with payments as (
    select * from {{ ref('stg_billing__payments') }}
),

invoices as (
    select invoice_id, customer_ref, account_id, currency, invoice_month from {{ ref('int_invoices') }}
),

rates as (
    select * from {{ ref('int_exchange_rates') }}
),

held_back as (
    select distinct payment_id from {{ ref('int_payments_held_back') }}
),

of_invoices as (
    select
        payments.*,
        invoices.customer_ref,
        invoices.account_id,
        invoices.invoice_month,
        -- a payment that names no currency is in its invoice's
        coalesce(payments.currency, invoices.currency) as paid_currency
    from payments
    left join invoices on payments.invoice_id = invoices.invoice_id
    left join held_back on payments.payment_id = held_back.payment_id
    where held_back.payment_id is null
),

final as (
    select
        of_invoices.*,
        {{ in_reporting_currency('of_invoices.amount', 'of_invoices.paid_currency') }} as reporting_amount,
        {{ rate_used('of_invoices.paid_currency', 'rate_month') }} as rate_month,
        coalesce({{ rate_used('of_invoices.paid_currency', 'is_older_rate') }}, false) as is_older_rate
    from of_invoices
    left join rates on of_invoices.paid_currency = rates.currency and of_invoices.invoice_month = rates.month
)

select * from final
