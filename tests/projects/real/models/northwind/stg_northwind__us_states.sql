-- Grain: one row per state_id.
with typed as (
    select
        state_id,
        state_name,
        state_abbr,
        state_region,
        {{ carry(key=['state_id']) }}
    from {{ source('northwind', 'us_states') }}
)

select *, {{ reject({}) }} from typed
