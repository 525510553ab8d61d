-- The invoices with what is still open of them.
select
    invoices.*,
    invoices.total > 0 and coalesce(invoices.status, '') not in ('paid', 'void') and coalesce(paid.amount, 0) < invoices.total
        as is_unpaid,
    greatest(invoices.total - coalesce(paid.amount, 0), 0) as open_amount
from invoices
left join (select invoice_id, sum(amount) as amount from payments where counts group by invoice_id) as paid
    using (invoice_id)
