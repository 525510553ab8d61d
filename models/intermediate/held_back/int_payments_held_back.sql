-- Grain: one row per payment that is held back.
{{ config(materialized='table') }}

with final as {{ orphans(
    'stg_billing__payments', key='payment_id', on='invoice_id', called='invoice', parent='stg_billing__invoices',
    accepted='int_invoices', held_back='int_invoices_held_back'
) }}

select * from final
