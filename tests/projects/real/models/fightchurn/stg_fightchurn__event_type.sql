-- Grain: one row per row of the source.
with typed as (
    select
        event_type_id,
        event_type_name,
        {{ carry(key=['_key']) }}
    from {{ source('fightchurn', 'event_type') }}
)

select *, {{ reject({}) }} from typed
