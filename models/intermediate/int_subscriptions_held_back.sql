-- Grain: one row per subscription that is held back; of two bad references the account is named.
{{ config(materialized='table') }}

with subscriptions as (
    select * from {{ ref('stg_app__subscriptions') }}
),

accounts as (
    select account_id from {{ ref('stg_app__accounts') }}
),

plans as (
    select plan_id from {{ ref('stg_app__plans') }}
),

quarantined as (
    select distinct model, key from {{ ref('open_quarantine') }}
    where model in ('stg_app__accounts', 'stg_app__plans')
),

orphans as (
    select
        subscriptions.subscription_id,
        subscriptions._key as key,
        case when accounts.account_id is null then 'account' else 'plan' end as parent,
        case
            when accounts.account_id is null then 'stg_app__accounts' else 'stg_app__plans'
        end as parent_model,
        case
            when accounts.account_id is null then cast(subscriptions.account_id as {{ dbt.type_string() }})
            else cast(subscriptions.plan_id as {{ dbt.type_string() }})
        end as parent_key
    from subscriptions
    left join accounts on subscriptions.account_id = accounts.account_id
    left join plans on subscriptions.plan_id = plans.plan_id
    where accounts.account_id is null or plans.plan_id is null
),

final as (
    select
        orphans.subscription_id,
        orphans.key,
        case
            when orphans.parent_key is null then concat(orphans.parent, ' is missing')
            when quarantined.key is not null then 'parent is in quarantine'
            else concat(orphans.parent, ' is unknown')
        end as reason,
        orphans.parent_key
    from orphans
    left join quarantined
        on orphans.parent_model = quarantined.model and orphans.parent_key = quarantined.key
)

select * from final
