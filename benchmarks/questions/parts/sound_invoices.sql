-- The invoices in their latest version, with a total and dates that can be read.
select
    invoice_id, customer_ref, currency, status, total::numeric(14, 2) as total,
    invoice_date::date as invoice_date, due_date::date as due_date, updated_at::timestamptz as updated_at
from (
    select * from (select distinct on (invoice_id) * from raw_billing.invoices order by invoice_id, _seq desc) as latest
    where _op = 'upsert'
        and coalesce(total, '0') ~ '^[+-]?[0-9]+([.][0-9]{1,2}0*)?$'
        and coalesce(status, 'open') in ('paid', 'open', 'failed', 'void')
        and coalesce(invoice_date, '2000-01-01') ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
        and coalesce(due_date, '2000-01-01') ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
        and pg_input_is_valid(coalesce(invoice_date, '2000-01-01'), 'date')
        and pg_input_is_valid(coalesce(due_date, '2000-01-01'), 'date')
        and pg_input_is_valid(coalesce(updated_at, 'epoch'), 'timestamptz')
    offset 0
) as sound
where (due_date::date < invoice_date::date) is not true
