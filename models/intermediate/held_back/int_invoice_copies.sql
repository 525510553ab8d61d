-- Grain: one row per invoice that repeats another one under an id of its own.
{{ config(materialized='table') }}

with invoices as (
    select
        invoice_id, customer_ref, invoice_date, total,
        count(*) over (partition by customer_ref, invoice_date, total) as alike
    from {{ ref('stg_billing__invoices') }}
    where customer_ref is not null and invoice_date is not null and total is not null
),

payments as (
    select invoice_id, count(*) as payments from {{ ref('stg_billing__payments') }} group by invoice_id
),

candidates as (
    select
        invoices.invoice_id, invoices.customer_ref, invoices.invoice_date, invoices.total,
        -- customers pay the original, so the one with payments comes first; then a fixed order
        row_number() over (
            partition by invoices.customer_ref, invoices.invoice_date, invoices.total
            order by
                coalesce(payments.payments, 0) desc nulls last,
                {{ byte_order('invoices.invoice_id') }} desc nulls last
        ) as place
    from invoices
    left join payments on invoices.invoice_id = payments.invoice_id
    where invoices.alike > 1
),

-- a line that waits in quarantine is still a line of its invoice
all_lines as (
    select invoice_id, description, amount from {{ ref('stg_billing__invoice_lines') }}
    union all
    select
        {{ json_text('row', 'invoice_id') }} as invoice_id,
        {{ json_text('row', 'description') }} as description,
        {{ parsed_value('(' ~ json_text('row', 'amount') ~ ')', 'numeric', 'numeric(14, 2)') }} as amount
    from {{ ref('open_quarantine') }}
    where model = 'stg_billing__invoice_lines'
),

lines as (
    select
        all_lines.invoice_id, all_lines.description, all_lines.amount,
        count(*) as times,
        count(*) over (partition by all_lines.invoice_id) as kinds
    from all_lines
    inner join candidates on all_lines.invoice_id = candidates.invoice_id
    group by all_lines.invoice_id, all_lines.description, all_lines.amount
),

-- an invoice may repeat several: the first of them is the original
same_lines as (
    select
        copies.invoice_id,
        originals.invoice_id as original_id,
        row_number() over (partition by copies.invoice_id order by originals.place nulls last) as choice
    from candidates as copies
    inner join candidates as originals
        on copies.customer_ref = originals.customer_ref
        and copies.invoice_date = originals.invoice_date and copies.total = originals.total
        and copies.place > originals.place
    inner join lines as ours on copies.invoice_id = ours.invoice_id
    inner join lines as theirs
        on originals.invoice_id = theirs.invoice_id
        and ours.description is not distinct from theirs.description
        and ours.amount is not distinct from theirs.amount
        and ours.times = theirs.times and ours.kinds = theirs.kinds
    group by copies.invoice_id, originals.invoice_id, originals.place
    having count(*) = max(ours.kinds)
),

final as (
    select invoice_id, original_id from same_lines where choice = 1
)

select * from final
