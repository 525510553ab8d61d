-- Grain: one row per subscription: an unbroken time of one account on the same plan and seats.
with typed as (
    select
        -- ids
        subscription_id,
        account_id,
        plan_id,
        -- text
        end_reason,
        -- numerics
        seats,
        {{ parse('mrr', 'numeric(14, 2)') }} as mrr,
        -- dates
        started_at,
        ended_at,
        updated_at,
        {{ carry(key=['subscription_id']) }}
    from {{ source('app', 'subscriptions') }}
)

select
    *,
    {{ reject({
        'ended before it started': 'ended_at < started_at',
        'seats is negative': 'seats < 0',
        'mrr is negative': 'mrr < 0',
    }) }}
from typed
