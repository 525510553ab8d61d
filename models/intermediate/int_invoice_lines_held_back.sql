-- Grain: one row per invoice line that is held back.
{{ config(materialized='table') }}

with lines as (
    select * from {{ ref('stg_billing__invoice_lines') }}
),

invoices as (
    select invoice_id from {{ ref('int_invoices') }}
),

quarantined as (
    select distinct key from {{ ref('open_quarantine') }}
    where model = 'stg_billing__invoices'
),

held_back as (
    select distinct key from {{ ref('int_invoices_held_back') }}
),

final as (
    select
        lines.line_id,
        lines._key as key,
        case
            when lines.invoice_id is null then 'invoice is missing'
            when held_back.key is not null then 'parent is held back'
            when quarantined.key is not null then 'parent is in quarantine'
            else 'invoice is unknown'
        end as reason,
        lines.invoice_id as parent_key
    from lines
    left join invoices on lines.invoice_id = invoices.invoice_id
    left join quarantined on lines.invoice_id = quarantined.key
    left join held_back on lines.invoice_id = held_back.key
    where invoices.invoice_id is null
)

select * from final
