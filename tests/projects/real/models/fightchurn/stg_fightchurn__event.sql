-- Grain: one row per row of the source.
with typed as (
    select
        account_id,
        event_time,
        event_type_id,
        user_id,
        event_value,
        {{ carry(key=['_key']) }}
    from {{ source('fightchurn', 'event') }}
)

select *, {{ reject({}) }} from typed
