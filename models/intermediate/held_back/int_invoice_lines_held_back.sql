-- Grain: one row per invoice line that is held back.
{{ config(materialized='table') }}

with final as {{ orphans(
    'stg_billing__invoice_lines', key='line_id', on='invoice_id', called='invoice', parent='stg_billing__invoices',
    accepted='int_invoices', held_back='int_invoices_held_back'
) }}

select * from final
