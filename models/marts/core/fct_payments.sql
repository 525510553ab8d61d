-- Grain: one row per attempt to pay.
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
        cast(paid_at as date) as paid_on
    from payments
)

select * from final
