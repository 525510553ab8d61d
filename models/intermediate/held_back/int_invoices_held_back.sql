-- Grain: one row per invoice that is held back and reason.
{{ config(materialized='table') }}

with invoices as (
    select *, {{ month_start('invoice_date') }} as invoice_month from {{ ref('stg_billing__invoices') }}
),

customers as (
    select customer_ref, currency from {{ ref('int_customers') }}
),

currencies as (
    select code from {{ ref('currencies') }}
),

rates as (
    select month, currency from {{ ref('int_exchange_rates') }}
),

orphans as {{ orphans(
    'stg_billing__invoices', key='invoice_id', on='customer_ref', called='customer', parent='stg_billing__customers',
    accepted='int_customers', held_back='int_customers_held_back'
) }},

swapped as (
    select
        invoices.invoice_id,
        invoices._key as key,
        'currency is not the customer''s' as reason,
        invoices.customer_ref as parent_key
    from invoices
    inner join customers on invoices.customer_ref = customers.customer_ref
    where invoices.currency <> customers.currency
),

-- what can't be converted can't be added up: it waits until its currency or its rate is there
judged as (
    select
        invoices.invoice_id,
        invoices._key as key,
        case
            when invoices.invoice_date is null then 'invoice_date is missing'
            else {{ why_not_converted('invoices.currency', 'currencies.code', 'rates.currency') }}
        end as reason,
        invoices.currency as parent_key
    from invoices
    left join currencies on invoices.currency = currencies.code
    left join rates on invoices.currency = rates.currency and invoices.invoice_month = rates.month
),

copies as (
    select
        invoice_id,
        invoice_id as key,
        'duplicate of another invoice' as reason,
        original_id as parent_key
    from {{ ref('int_invoice_copies') }}
),

final as (
    select * from orphans
    union all
    select * from swapped
    union all
    select * from judged
    where reason is not null
    union all
    select * from copies
)

select * from final
