-- Grain: one row per event that is held back.
{{ config(materialized='table') }}

with events as (
    select * from {{ ref('stg_product__events') }}
),

accounts as (
    select account_id from {{ ref('stg_app__accounts') }}
),

quarantined as (
    select distinct key from {{ ref('open_quarantine') }}
    where model = 'stg_app__accounts'
),

orphans as (
    select
        events.event_id,
        events._key as key,
        events.account_id,
        cast(events.account_id as {{ dbt.type_string() }}) as parent_key
    from events
    left join accounts on events.account_id = accounts.account_id
    where accounts.account_id is null
),

final as (
    select
        orphans.event_id,
        orphans.key,
        case
            when orphans.account_id is null then 'account is missing'
            when quarantined.key is not null then 'parent is in quarantine'
            else 'account is unknown'
        end as reason,
        orphans.parent_key
    from orphans
    left join quarantined on orphans.parent_key = quarantined.key
)

select * from final
