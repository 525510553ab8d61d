-- Revenue of each month and currency = the invoices of staging, less those held back and those that are void; the same in
-- the reporting currency = the invoices that readers see. To the cent.
with staged as (
    select
        {{ month_start('invoices.invoice_date') }} as month,
        invoices.currency,
        count(*) as invoice_count,
        cast(coalesce(sum(invoices.total), 0) as numeric(18, 2)) as amount
    from {{ ref('stg_billing__invoices') }} as invoices
    left join (select distinct invoice_id from {{ ref('int_invoices_held_back') }}) as held_back
        on invoices.invoice_id = held_back.invoice_id
    where held_back.invoice_id is null and coalesce(invoices.status, '') <> 'void'
    group by {{ month_start('invoices.invoice_date') }}, invoices.currency
),

published as (
    select
        {{ month_start('invoice_date') }} as month,
        currency,
        cast(coalesce(sum(reporting_total), 0) as numeric(18, 3)) as reporting_amount
    from {{ ref('fct_invoices') }}
    where coalesce(status, '') <> 'void'
    group by {{ month_start('invoice_date') }}, currency
),

expected as (
    select staged.*, published.reporting_amount
    from staged
    left join published on staged.month = published.month and staged.currency = published.currency
)

select
    coalesce(expected.month, revenue.month) as month,
    coalesce(expected.currency, revenue.currency) as currency,
    expected.amount,
    revenue.amount as amount_here,
    expected.reporting_amount,
    revenue.reporting_amount as reporting_amount_here
from expected
full outer join {{ ref('fct_revenue_monthly') }} as revenue
    on expected.month = revenue.month and expected.currency = revenue.currency
where expected.invoice_count is distinct from revenue.invoice_count
    or expected.amount is distinct from revenue.amount
    or expected.reporting_amount is distinct from revenue.reporting_amount
