-- Grain: one row per account, month with any usage, and month from which its events count as known.
{{ config(materialized='batched', event_time='month', batch_size='month', by='account_id') }}

with days as (
    select account_id, usage_date, known_month, last_event_at from {{ ref('int_usage_daily') }}
),

final as (
    select
        account_id,
        {{ month_start('usage_date') }} as month,
        known_month,
        max(usage_date) as last_usage_date,
        max(last_event_at) as last_event_at
    from days
    group by account_id, {{ month_start('usage_date') }}, known_month
)

select * from final
