-- Grain: one row per event whose account is not there.
-- Large, so a build looks only at events that came, and at those of accounts that came or went.
{{ config(materialized='batched', event_time='occurred_at', batch_size='day', by='account_id') }}

with events as (
    select event_id, _key, account_id, occurred_at from {{ ref('stg_product__events') }}
),

accounts as (
    select account_id from {{ ref('stg_app__accounts') }}
),

final as (
    select
        events.event_id,
        events._key,
        events.account_id,
        events.occurred_at
    from events
    left join accounts on events.account_id = accounts.account_id
    where accounts.account_id is null
)

select * from final
