-- How much did we invoice each month, in one currency, and how much of it is still unpaid?
with invoices as (
    select
        {{ month_start('invoice_date') }} as month,
        reporting_currency,
        reporting_total,
        is_unpaid,
        -- what is open of an invoice, by the rate of its total
        case when is_unpaid then cast(reporting_total * open_amount / nullif(total, 0) as numeric(18, 3)) else 0 end
            as reporting_open
    from {{ ref('fct_invoices') }}
    -- what was taken back was never revenue
    where coalesce(status, '') <> 'void'
),

sums as (
    select
        month,
        reporting_currency,
        cast(count(*) as integer) as invoices,
        cast(sum(reporting_total) as numeric(18, 3)) as revenue,
        cast(count(*) filter (where is_unpaid) as integer) as unpaid_invoices,
        cast(sum(reporting_open) as numeric(18, 3)) as unpaid
    from invoices
    group by month, reporting_currency
),

final as (
    select *, {{ ratio('unpaid', 'revenue') }} as unpaid_share from sums
)

select * from final
order by month
