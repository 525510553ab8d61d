-- Grain: one row per rating that is held back.
{{ config(materialized='table') }}

with ratings as (
    select * from {{ ref('stg_helpdesk__satisfaction_ratings') }}
),

tickets as (
    select ticket_id from {{ ref('stg_helpdesk__tickets') }}
),

quarantined as (
    select distinct key from {{ ref('open_quarantine') }}
    where model = 'stg_helpdesk__tickets'
),

orphans as (
    select
        ratings.rating_id,
        ratings._key as key,
        ratings.ticket_id,
        cast(ratings.ticket_id as {{ dbt.type_string() }}) as parent_key
    from ratings
    left join tickets on ratings.ticket_id = tickets.ticket_id
    where tickets.ticket_id is null
),

final as (
    select
        orphans.rating_id,
        orphans.key,
        case
            when orphans.ticket_id is null then 'ticket is missing'
            when quarantined.key is not null then 'parent is in quarantine'
            else 'ticket is unknown'
        end as reason,
        orphans.parent_key
    from orphans
    left join quarantined on orphans.parent_key = quarantined.key
)

select * from final
