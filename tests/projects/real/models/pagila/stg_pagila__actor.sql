-- Grain: one row per actor_id.
with typed as (
    select
        actor_id,
        first_name,
        last_name,
        last_update,
        {{ carry(key=['actor_id']) }}
    from {{ source('pagila', 'actor') }}
)

select *, {{ reject({}) }} from typed
