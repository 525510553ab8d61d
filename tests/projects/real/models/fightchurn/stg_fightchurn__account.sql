-- Grain: one row per id.
with typed as (
    select
        id,
        channel,
        date_of_birth,
        country,
        {{ carry(key=['id']) }}
    from {{ source('fightchurn', 'account') }}
)

select *, {{ reject({}) }} from typed
