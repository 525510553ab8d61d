-- Grain: one row per event of the product.
with picked as (
    -- version 1 has the first field of each pair, version 2 the second
    select
        *,
        {{ json_text('document', 'type') }} as type_v1,
        {{ json_text('document', 'event') }} as type_v2,
        coalesce({{ json_text('document', 'account_id') }}, {{ json_text('document', 'account.id') }}) as account_id,
        coalesce({{ json_text('document', 'user_id') }}, {{ json_text('document', 'user.id') }}) as user_id,
        coalesce({{ json_text('document', 'ts') }}, {{ json_text('document', 'occurred_at') }}) as occurred_at
    from {{ source('product', 'events') }}
),

typed as (
    select
        -- ids
        _id as event_id,
        {{ parse('account_id', 'bigint') }} as account_id,
        {{ parse('user_id', 'bigint') }} as user_id,
        -- text
        coalesce(type_v1, type_v2) as event_type,
        -- dates
        {{ parse('occurred_at', 'timestamp') }} as occurred_at,
        {{ carry(key=['event_id'], unreadable=true) }}
    from picked
)

select
    *,
    {{ reject({
        'occurred in the future': later_than_landing('occurred_at'),
    }) }}
from typed
