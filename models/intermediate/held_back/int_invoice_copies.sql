-- Grain: one row per invoice that repeats another one under an id of its own.
{{ config(materialized='table') }}

-- Three invoices of one customer, one day and one total (same_key_count 3):
--   id   payments  lines                  rank  found to be
--   I-1  1         Plan 10.00, Seat 5.00  1     an original: the one that was paid has the lowest rank
--   I-9  0         Seat 5.00, Plan 10.00  2     a copy of I-1: both lines are also lines of I-1 (distinct_lines 2)
--   I-5  0         Plan 15.00             3     no copy, for its line is another

with invoices as (
    select
        invoice_id, customer_ref, invoice_date, total,
        count(*) over (partition by customer_ref, invoice_date, total) as same_key_count
    from {{ ref('stg_billing__invoices') }}
    where customer_ref is not null and invoice_date is not null and total is not null
),

payments as (
    select invoice_id, count(*) as payment_count from {{ ref('stg_billing__payments') }} group by invoice_id
),

candidates as (
    select
        invoices.invoice_id, invoices.customer_ref, invoices.invoice_date, invoices.total,
        row_number() over (
            partition by invoices.customer_ref, invoices.invoice_date, invoices.total
            order by
                coalesce(payments.payment_count, 0) desc nulls last,
                {{ byte_order('invoices.invoice_id') }} desc nulls last
        ) as rank
    from invoices
    left join payments on invoices.invoice_id = payments.invoice_id
    where invoices.same_key_count > 1
),

-- an invoice may hold the same line twice: occurrences 2, but one of its distinct_lines
lines as (
    select
        received.invoice_id, received.description, received.amount,
        count(*) as occurrences,
        count(*) over (partition by received.invoice_id) as distinct_lines
    from {{ ref('int_invoice_lines_received') }} as received
    inner join candidates on received.invoice_id = candidates.invoice_id
    group by received.invoice_id, received.description, received.amount
),

-- pairs of which each line of one is a line of the other
same_lines as (
    select copies.invoice_id, originals.invoice_id as original_id, originals.rank
    from candidates as copies
    inner join candidates as originals
        on copies.customer_ref = originals.customer_ref
        and copies.invoice_date = originals.invoice_date and copies.total = originals.total
        and copies.rank > originals.rank
    inner join lines as copied on copies.invoice_id = copied.invoice_id
    inner join lines as original
        on originals.invoice_id = original.invoice_id
        and copied.description is not distinct from original.description
        and copied.amount is not distinct from original.amount
        and copied.occurrences = original.occurrences and copied.distinct_lines = original.distinct_lines
    group by copies.invoice_id, originals.invoice_id, originals.rank
    having count(*) = max(copied.distinct_lines)
),

-- an invoice may repeat several: the one of the lowest rank is the original
ranked as (
    select *, row_number() over (partition by invoice_id order by rank nulls last) as choice from same_lines
),

final as (
    select invoice_id, original_id from ranked where choice = 1
)

select * from final
