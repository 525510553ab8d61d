-- Grain: one row: the moment until which it is known who left.
{{ config(materialized='table') }}

-- as far as subscriptions have landed: a run that landed other sources only knows no more
with final as (
    select least(max(as_of), {{ as_of() }}) as known_until
    from {{ source('ops', 'landings') }}
    where source = 'app' and table_name = 'subscriptions'
)

select * from final
