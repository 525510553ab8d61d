-- Grain: one row per account and month with an invoice known at the month's as-of moment.
{{ config(
    materialized='batched', event_time='month', batch_size='month', by='account_id',
    indexes=[{'columns': ['account_id', 'month'], 'unique': true}]
) }}

with account_months as (
    select account_id, month, as_of_at, as_of_date from {{ ref('int_account_months') }}
    where is_known
),

invoices as (
    select invoice_id, account_id, total, invoice_date, due_date, known_at, settled_known_at
    from {{ ref('int_invoices_with_payments') }}
    where account_id is not null
),

payments as (
    select account_id, invoice_id, status, paid_at, {{ known_at('paid_at') }} as known_at from {{ ref('int_payments') }}
),

known_invoices as (
    select
        account_months.account_id,
        account_months.month,
        account_months.as_of_date,
        invoices.total,
        invoices.due_date,
        coalesce(invoices.settled_known_at > account_months.as_of_at, true) as is_unpaid
    from account_months
    inner join invoices
        on account_months.account_id = invoices.account_id
        and invoices.invoice_date <= account_months.as_of_date
        and invoices.known_at <= account_months.as_of_at
),

invoiced as (
    select
        account_id,
        month,
        cast(count(*) as integer) as invoice_count,
        cast(count(*) filter (where is_unpaid) as integer) as unpaid_invoices,
        cast(coalesce(sum(total) filter (where is_unpaid), 0) as numeric(14, 2)) as unpaid_amount,
        cast(count(*) filter (where is_unpaid and due_date <= as_of_date) as integer) as overdue_invoices,
        max({{ days_between('due_date', 'as_of_date') }}) filter (where is_unpaid and due_date <= as_of_date)
            as oldest_overdue_days
    from known_invoices
    group by account_id, month
),

attempts as (
    select
        account_months.account_id,
        account_months.month,
        max(payments.paid_at) filter (where payments.status = 'succeeded') as last_paid_at,
        {%- for days in [28, 90] %}
        cast(count(*) filter (
            where payments.status = 'failed'
                and payments.paid_at >= {{ moment_plus_days('account_months.as_of_at', -days) }}
        ) as integer) as failed_payments_{{ days }}d{{ ',' if not loop.last }}
        {%- endfor %}
    from account_months
    inner join invoices
        on account_months.account_id = invoices.account_id and invoices.known_at <= account_months.as_of_at
    inner join payments
        on invoices.invoice_id = payments.invoice_id
        and payments.paid_at < account_months.as_of_at
        and payments.known_at <= account_months.as_of_at
    group by account_months.account_id, account_months.month
),

final as (
    select
        invoiced.*,
        attempts.last_paid_at,
        coalesce(attempts.failed_payments_28d, 0) as failed_payments_28d,
        coalesce(attempts.failed_payments_90d, 0) as failed_payments_90d
    from invoiced
    left join attempts
        on invoiced.account_id = attempts.account_id and invoiced.month = attempts.month
)

select * from final
