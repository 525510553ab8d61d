-- Grain: one row per event that is held back.
with final as {{ orphans(
    'int_orphaned_events', key='event_id', on='account_id', called='account', parent='stg_app__accounts', found=true
) }}

select * from final
