-- The invoices that repeat another one, line by line, under an id of their own; the one that was paid is the original.
select invoice_id
from (
    select
        alike.invoice_id,
        row_number() over (
            partition by
                alike.customer_ref, alike.invoice_date, alike.total,
                array_agg((lines.description, lines.amount)::text order by lines.description, lines.amount)
            order by coalesce(payments.number, 0) desc, alike.invoice_id collate "C" desc
        ) as place
    from (
        select *, count(*) over (partition by customer_ref, invoice_date, total) as number
        from sound_invoices
        where customer_ref is not null and invoice_date is not null and total is not null
    ) as alike
    join invoice_lines as lines using (invoice_id)
    left join (select invoice_id, count(*) as number from sound_payments group by invoice_id) as payments
        using (invoice_id)
    where alike.number > 1
    group by alike.invoice_id, alike.customer_ref, alike.invoice_date, alike.total, payments.number
) as candidates
where place > 1
