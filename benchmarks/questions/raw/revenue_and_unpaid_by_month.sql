select
    month, 'EUR' as reporting_currency,
    count(*) as invoices,
    sum(euros) as revenue,
    count(*) filter (where is_unpaid) as unpaid_invoices,
    coalesce(sum(round(euros * open_amount / nullif(total, 0), 3)) filter (where is_unpaid), 0) as unpaid,
    round(
        coalesce(sum(round(euros * open_amount / nullif(total, 0), 3)) filter (where is_unpaid), 0)
        / nullif(sum(euros), 0), 4
    ) as unpaid_share
from dues
where coalesce(status, '') <> 'void'
group by month
order by month
