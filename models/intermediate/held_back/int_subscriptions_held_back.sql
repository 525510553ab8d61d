-- Grain: one row per subscription that is held back and reason.
{{ config(materialized='table') }}

with without_account as {{ orphans(
    'stg_app__subscriptions', key='subscription_id', on='account_id', called='account', parent='stg_app__accounts'
) }},

without_plan as {{ orphans(
    'stg_app__subscriptions', key='subscription_id', on='plan_id', called='plan', parent='stg_app__plans'
) }},

final as (
    select * from without_account
    union all
    select * from without_plan
)

select * from final
