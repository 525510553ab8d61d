-- Grain: one row per month and currency in which anything was invoiced.
{{ config(indexes=[{'columns': ['month', 'currency'], 'unique': true}]) }}

with invoices as (
    select * from {{ ref('int_invoices') }}
    -- what was taken back was never revenue
    where coalesce(status, '') <> 'void'
),

final as (
    select
        -- ids
        invoice_month as month,
        currency,
        {{ reporting_currency() }} as reporting_currency,
        -- numerics
        cast(count(*) as integer) as invoice_count,
        cast(coalesce(sum(total), 0) as numeric(18, 2)) as amount,
        cast(coalesce(sum(reporting_total), 0) as numeric(18, 3)) as reporting_amount,
        -- flags
        count(*) filter (where is_older_rate) > 0 as is_older_rate
    from invoices
    group by invoice_month, currency
)

select * from final
