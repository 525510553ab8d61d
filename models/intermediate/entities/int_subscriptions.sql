-- Grain: one row per subscription, those held back left out.
with subscriptions as (
    select * from {{ ref('stg_app__subscriptions') }}
),

held_back as (
    select distinct subscription_id from {{ ref('int_subscriptions_held_back') }}
),

final as (
    select subscriptions.*
    from subscriptions
    left join held_back on subscriptions.subscription_id = held_back.subscription_id
    where held_back.subscription_id is null
)

select * from final
