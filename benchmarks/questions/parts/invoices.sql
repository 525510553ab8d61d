-- The invoices of known customers in the customer's own currency, without copies, and what they come to in euros.
select
    sound.invoice_id, accounts.account_id, sound.currency, sound.status, sound.total,
    sound.invoice_date, sound.due_date, sound.updated_at,
    date_trunc('month', sound.invoice_date)::date as month,
    case when sound.currency = 'EUR' then sound.total else round(sound.total / rates.units_per_eur, 2) end as euros
from sound_invoices as sound
join (
    select customer_ref, currency, company, _escaped
    from (select distinct on (customer_ref) * from raw_billing.customers order by customer_ref, _seq desc) as latest
    where _op = 'upsert'
        and (_escaped and position('\x00' in company) > 0) is not true
        and pg_input_is_valid(coalesce(created_on, '2000-01-01'), 'date')
        and pg_input_is_valid(coalesce(updated_at, 'epoch'), 'timestamptz')
        and (currency is null or currency in (select code from reference.currencies))
) as customers using (customer_ref)
left join (
    select billing_ref, max(account_id) as account_id from accounts group by billing_ref having count(*) = 1
) as accounts on accounts.billing_ref = sound.customer_ref
left join rates
    on rates.currency = sound.currency and rates.month = date_trunc('month', sound.invoice_date)::date
where (sound.currency <> customers.currency) is not true
    and sound.currency in (select code from reference.currencies)
    and sound.invoice_date is not null
    and (sound.currency = 'EUR' or rates.currency is not null)
    and sound.invoice_id not in (select invoice_id from copies)
