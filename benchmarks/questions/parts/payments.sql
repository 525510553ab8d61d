-- The payments of these invoices.
select sound.payment_id, sound.invoice_id, invoices.account_id, sound.status, sound.amount, sound.paid_at,
    sound.status = 'succeeded' and coalesce(sound.currency, invoices.currency) = invoices.currency as counts
from sound_payments as sound
join invoices using (invoice_id)
left join rates on rates.currency = sound.currency and rates.month = invoices.month
where sound.currency is null or sound.currency = invoices.currency or sound.currency = 'EUR' or rates.currency is not null
