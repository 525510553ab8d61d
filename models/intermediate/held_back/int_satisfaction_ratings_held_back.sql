-- Grain: one row per rating that is held back.
{{ config(materialized='table') }}

with final as {{ orphans(
    'stg_helpdesk__satisfaction_ratings', key='rating_id', on='ticket_id', called='ticket', parent='stg_helpdesk__tickets'
) }}

select * from final
