-- Grain: one row per attempt to pay.
{{ config(indexes=[{'columns': ['payment_id'], 'unique': true}, {'columns': ['invoice_id']}]) }}

with payments as (
    select * from {{ ref('int_payments') }}
),

final as (
    select
        -- ids
        payment_id,
        invoice_id,
        account_id,
        customer_ref,
        -- text
        paid_currency as currency,
        {{ reporting_currency() }} as reporting_currency,
        method,
        status,
        failure_code,
        -- numerics
        amount,
        reporting_amount,
        -- dates
        paid_at,
        {{ utc_date('paid_at') }} as paid_on,
        rate_month,
        -- flags
        is_older_rate
    from payments
)

select * from final
