-- Grain: one row per event that is held back.
{{ config(materialized='table') }}

with final as {{ orphans(
    'stg_product__events', key='event_id', on='account_id', called='account', parent='stg_app__accounts'
) }}

select * from final
