-- Grain: one row per event, those held back left out.
{{ config(event_time='occurred_at') }}

with events as (
    select * from {{ ref('stg_product__events') }}
),

orphaned as (
    select event_id from {{ ref('int_orphaned_events') }}
),

final as (
    select events.*
    from events
    left join orphaned on events.event_id = orphaned.event_id
    where orphaned.event_id is null
)

select * from final
