-- Grain: one row per event, those held back left out.
with events as (
    select * from {{ ref('stg_product__events') }}
),

held_back as (
    select distinct event_id from {{ ref('int_events_held_back') }}
),

final as (
    select events.*
    from events
    left join held_back on events.event_id = held_back.event_id
    where held_back.event_id is null
)

select * from final
