-- Grain: one row per event of the product.
{{ config(
    event_time='occurred_at', batch_size='day',
    indexes=[
        {'columns': ['occurred_at'], 'type': 'brin'},
        {'columns': ['_load_id'], 'type': 'brin'},
        {'columns': ['account_id']},
    ]
) }}

with picked as (
    -- version 1 of the document has the first field of each pair, version 2 the second
    select
        *,
        coalesce(
            {{ json_text('document', 'account_id') }}, {{ json_text('document', 'account.id') }}
        ) as account,
        coalesce({{ json_text('document', 'user_id') }}, {{ json_text('document', 'user.id') }}) as person,
        coalesce({{ json_text('document', 'type') }}, {{ json_text('document', 'event') }}) as event_type,
        coalesce({{ json_text('document', 'ts') }}, {{ json_text('document', 'occurred_at') }}) as moment
    from {{ source('product', 'events') }}
),

typed as (
    select
        -- ids
        _id as event_id,
        {{ parse('account', 'bigint', name='account_id') }} as account_id,
        {{ parse('person', 'bigint', name='user_id') }} as user_id,
        -- text
        event_type,
        -- dates
        {{ parse('moment', 'timestamp', name='occurred_at') }} as occurred_at,
        {{ carry(key=['_id'], unreadable=true) }}
    from picked
)

select
    *,
    {{ reject({
        'occurred in the future': "occurred_at > _as_of + interval '1 day'",
        'event_type is missing': "event_type is null",
        'occurred_at is missing': "occurred_at is null and not _given_occurred_at",
    }) }}
from typed
