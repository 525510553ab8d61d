-- The lines in their latest version, sound or not: what tells a copy of an invoice from its original.
select
    invoice_id, description,
    case when amount ~ '^[+-]?[0-9]+([.][0-9]{1,2}0*)?$' then amount::numeric(14, 2) end as amount
from (select distinct on (line_id) * from raw_billing.invoice_lines order by line_id, _seq desc) as latest
where _op = 'upsert'
