-- Grain: one row per attempt to pay.
{{ config(indexes=[{'columns': ['payment_id'], 'unique': true}, {'columns': ['invoice_id']}]) }}

with payments as (
    select * from {{ ref('int_payments') }}
),

final as (
    select
        payment_id,
        invoice_id,
        account_id,
        customer_ref,
        currency,
        method,
        status,
        failure_code,
        amount,
        paid_at,
        {{ utc_date('paid_at') }} as paid_on
    from payments
)

select * from final
