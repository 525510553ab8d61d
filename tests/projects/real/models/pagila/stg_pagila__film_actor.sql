-- Grain: one row per actor_id and film_id.
with typed as (
    select
        actor_id,
        film_id,
        last_update,
        {{ carry(key=['actor_id', 'film_id']) }}
    from {{ source('pagila', 'film_actor') }}
)

select *, {{ reject({}) }} from typed
