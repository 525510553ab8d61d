-- Grain: one row per user that is held back.
{{ config(materialized='table') }}

with final as {{ orphans(
    'stg_app__users', key='user_id', on='account_id', called='account', parent='stg_app__accounts'
) }}

select * from final
