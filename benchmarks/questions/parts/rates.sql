-- The rate that serves a month: its own, or the newest of the three before it.
select distinct on (currency, month) currency, month, units_per_eur
from (
    select currency, (rates.month + make_interval(months => age))::date as month, rates.month as rate_month, units_per_eur
    from reference.exchange_rates as rates, generate_series(0, 3) as age
) as served
order by currency, month, rate_month desc
