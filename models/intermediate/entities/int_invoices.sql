-- Grain: one row per invoice, those held back left out, with the account of its customer and its reporting total.
-- A table, for ten others read it: invoices, payments and what is held back of them.
{{ config(
    materialized='table', post_hook='{{ analyze_this() }}',
    indexes=[{'columns': ['invoice_id'], 'unique': true}]
) }}

with invoices as (
    select *, {{ month_start('invoice_date') }} as invoice_month from {{ ref('stg_billing__invoices') }}
),

identities as (
    select account_id, customer_ref from {{ ref('int_account_identities') }}
    where customer_ref is not null
),

rates as (
    select * from {{ ref('int_exchange_rates') }}
),

held_back as (
    select distinct invoice_id from {{ ref('int_invoices_held_back') }}
),

final as (
    select
        invoices.*,
        identities.account_id,
        {{ in_reporting_currency('invoices.total', 'invoices.currency') }} as reporting_total,
        {{ rate_used('invoices.currency', 'rate_month') }} as rate_month,
        coalesce({{ rate_used('invoices.currency', 'is_older_rate') }}, false) as is_older_rate
    from invoices
    left join identities on invoices.customer_ref = identities.customer_ref
    left join rates on invoices.currency = rates.currency and invoices.invoice_month = rates.month
    left join held_back on invoices.invoice_id = held_back.invoice_id
    where held_back.invoice_id is null
)

select * from final
