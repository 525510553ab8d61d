-- Grain: one row per invoice.
{{ config(indexes=[{'columns': ['invoice_id'], 'unique': true}, {'columns': ['account_id']}]) }}

with invoices as (
    select * from {{ ref('int_invoices_with_payments') }}
),

final as (
    select
        -- ids
        invoice_id,
        account_id,
        customer_ref,
        -- text
        currency,
        {{ reporting_currency() }} as reporting_currency,
        status,
        -- numerics
        total,
        reporting_total,
        lines_total,
        cast(line_count as integer) as line_count,
        paid_amount,
        case when is_unpaid then greatest(total - paid_amount, 0) else 0 end as open_amount,
        cast(payment_count as integer) as payment_count,
        cast(failed_payment_count as integer) as failed_payment_count,
        -- dates
        invoice_date,
        due_date,
        last_paid_at,
        rate_month,
        -- flags
        is_older_rate,
        is_unpaid,
        is_unpaid and coalesce(due_date < {{ as_of_date() }}, false) as is_overdue
    from invoices
)

select * from final
