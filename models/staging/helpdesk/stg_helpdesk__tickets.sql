-- Grain: one row per ticket, in its latest state.
with picked as (
    select *, lower({{ json_text('document', 'requester.email') }}) as requester_email
    from {{ source('helpdesk', 'tickets') }}
),

typed as (
    select
        -- ids
        {{ parse('id', 'bigint', name='ticket_id') }} as ticket_id,
        requester_email,
        nullif(split_part(requester_email, '@', 2), '') as requester_domain,
        -- text
        {{ json_text('document', 'requester.name') }} as requester_name,
        {{ json_text('document', 'subject') }} as subject,
        {{ json_text('document', 'status') }} as status,
        {{ json_text('document', 'priority') }} as priority,
        -- dates
        {{ json_timestamp('document', 'created_at') }} as created_at,
        {{ json_timestamp('document', 'first_reply_at') }} as first_reply_at,
        {{ json_timestamp('document', 'solved_at') }} as solved_at,
        {{ json_timestamp('document', 'updated_at') }} as updated_at,
        {{ carry(key=['id']) }}
    from picked
)

select
    *,
    {{ reject({
        'solved before it was created': 'solved_at < created_at',
        'answered before it was created': 'first_reply_at < created_at',
        'status is unknown': "status not in ('open', 'pending', 'solved')",
    }) }}
from typed
