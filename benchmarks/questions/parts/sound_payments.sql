-- The payments in their latest version, with an amount and a moment that can be read.
select
    payment_id, invoice_id, currency, status, amount::numeric(14, 2) as amount, paid_at::timestamptz as paid_at
from (select distinct on (payment_id) * from raw_billing.payments order by payment_id, _seq desc) as latest
where _op = 'upsert'
    and coalesce(amount, '0') ~ '^[+]?[0-9]+([.][0-9]{1,2}0*)?$'
    and coalesce(status, 'failed') in ('succeeded', 'failed')
    and pg_input_is_valid(coalesce(paid_at, 'epoch'), 'timestamptz')
    and pg_input_is_valid(coalesce(updated_at, 'epoch'), 'timestamptz')
