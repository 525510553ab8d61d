-- Grain: one row per user that is held back.
{{ config(materialized='table') }}

with users as (
    select * from {{ ref('stg_app__users') }}
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
        users.user_id,
        users._key as key,
        users.account_id,
        cast(users.account_id as {{ dbt.type_string() }}) as parent_key
    from users
    left join accounts on users.account_id = accounts.account_id
    where accounts.account_id is null
),

final as (
    select
        orphans.user_id,
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
