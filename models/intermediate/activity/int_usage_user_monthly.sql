-- Grain: one row per account, user and month with any usage.
{{ config(materialized='batched', event_time='month', batch_size='month', by='account_id') }}

with user_days as (
    select account_id, user_id, usage_date, last_event_at from {{ ref('int_usage_user_daily') }}
),

final as (
    select
        account_id,
        user_id,
        {{ month_start('usage_date') }} as month,
        max(last_event_at) as last_event_at
    from user_days
    group by account_id, user_id, {{ month_start('usage_date') }}
)

select * from final
