-- Grain: one row per invoice, with its lines and its payments added up.
{{ config(materialized='table', post_hook='{{ analyze_this() }}') }}

with dated as (
    select *, {{ day_start('invoice_date') }} as issued_at from {{ ref('int_invoices') }}
),

invoices as (
    select
        *,
        {{ known_at('issued_at') }} as known_at,
        -- paid without a payment on record, or void: settled when billing said so
        case when status in ('paid', 'void') then {{ known_at('coalesce(updated_at, issued_at)') }} end as closed_at
    from dated
),

lines as (
    select invoice_id, count(*) as line_count, cast(sum(amount) as numeric(14, 2)) as lines_total
    from {{ ref('int_invoice_lines') }}
    group by invoice_id
),

payments as (
    select
        payments.*,
        invoices.total,
        {{ known_at('payments.paid_at', 'payments._known_from') }} as known_at,
        -- money in another currency than the invoice's can't be added to it
        payments.status = 'succeeded' and payments.paid_currency = invoices.currency as counts
    from {{ ref('int_payments') }} as payments
    inner join invoices on payments.invoice_id = invoices.invoice_id
),

running as (
    select
        *,
        sum(case when counts then amount end) over (
            partition by invoice_id order by known_at, payment_id
            rows between unbounded preceding and current row
        ) as paid_so_far
    from payments
),

paid as (
    select
        invoice_id,
        count(*) as payment_count,
        count(*) filter (where status = 'failed') as failed_payment_count,
        cast(coalesce(sum(amount) filter (where counts), 0) as numeric(14, 2)) as paid_amount,
        max(paid_at) filter (where status = 'succeeded') as last_paid_at,
        min(known_at) filter (where paid_so_far >= total) as covered_at
    from running
    group by invoice_id
),

final as (
    select
        invoices.invoice_id, invoices.account_id, invoices.customer_ref,
        invoices.currency, invoices.status, invoices.total,
        invoices.reporting_total, invoices.rate_month, invoices.is_older_rate,
        lines.lines_total,
        coalesce(lines.line_count, 0) as line_count,
        coalesce(paid.payment_count, 0) as payment_count,
        coalesce(paid.failed_payment_count, 0) as failed_payment_count,
        cast(coalesce(paid.paid_amount, 0) as numeric(14, 2)) as paid_amount,
        invoices.invoice_date, invoices.due_date, paid.last_paid_at, invoices.known_at,
        -- nothing to pay: settled from the start
        case when invoices.total <= 0 then invoices.known_at else least(paid.covered_at, invoices.closed_at) end
            as settled_known_at,
        coalesce(
            invoices.total > 0 and invoices.closed_at is null and coalesce(paid.paid_amount, 0) < invoices.total, false
        ) as is_unpaid
    from invoices
    left join lines on invoices.invoice_id = lines.invoice_id
    left join paid on invoices.invoice_id = paid.invoice_id
)

select * from final
