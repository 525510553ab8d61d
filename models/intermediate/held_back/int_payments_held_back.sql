-- Grain: one row per payment that is held back.
{{ config(materialized='table') }}

with orphans as {{ orphans(
    'stg_billing__payments', key='payment_id', on='invoice_id', called='invoice', parent='stg_billing__invoices',
    accepted='int_invoices', held_back='int_invoices_held_back'
) }},

-- of an invoice that reaches the marts; a payment that names no currency is in its invoice's
of_invoices as (
    select
        payments.payment_id,
        payments._key as key,
        coalesce(payments.currency, invoices.currency) as paid_currency,
        invoices.invoice_month
    from {{ ref('stg_billing__payments') }} as payments
    inner join {{ ref('int_invoices') }} as invoices on payments.invoice_id = invoices.invoice_id
),

currencies as (
    select code from {{ ref('currencies') }}
),

rates as (
    select month, currency from {{ ref('int_exchange_rates') }}
),

judged as (
    select
        of_invoices.payment_id,
        of_invoices.key,
        {{ why_not_converted('of_invoices.paid_currency', 'currencies.code', 'rates.currency') }} as reason,
        of_invoices.paid_currency as parent_key
    from of_invoices
    left join currencies on of_invoices.paid_currency = currencies.code
    left join rates on of_invoices.paid_currency = rates.currency and of_invoices.invoice_month = rates.month
),

final as (
    select * from orphans
    union all
    select * from judged
    where reason is not null
)

select * from final
