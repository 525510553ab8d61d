-- Which accounts at risk owe us money, and how much?
with at_risk as (
    select * from {{ ref('fct_accounts_at_risk') }}
),

accounts as (
    select account_id, name from {{ ref('dim_accounts') }}
),

unpaid as (
    select
        account_id,
        currency,
        cast(count(*) as integer) as unpaid_invoices,
        cast(count(*) filter (where is_overdue) as integer) as overdue_invoices,
        cast(sum(open_amount) as numeric(18, 2)) as open_amount,
        -- what is open of an invoice, by the rate of its total
        cast(sum(cast(reporting_total * open_amount / total as numeric(18, 3))) as numeric(18, 3)) as reporting_open,
        min(due_date) as oldest_due_date
    from {{ ref('fct_invoices') }}
    where is_unpaid
    group by account_id, currency
),

final as (
    select
        at_risk.account_id,
        accounts.name,
        at_risk.plan_code,
        at_risk.mrr,
        at_risk.signs,
        unpaid.unpaid_invoices,
        unpaid.overdue_invoices,
        unpaid.currency,
        unpaid.open_amount,
        unpaid.reporting_open,
        unpaid.oldest_due_date
    from at_risk
    inner join accounts on at_risk.account_id = accounts.account_id
    inner join unpaid on at_risk.account_id = unpaid.account_id
)

select * from final
order by reporting_open desc, account_id asc, currency asc
