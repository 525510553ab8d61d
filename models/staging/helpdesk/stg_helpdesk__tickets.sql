-- Grain: one row per ticket, in its latest state.
with picked as (
    select
        *,
        {{ json_text('document', 'created_at') }} as created_at,
        {{ json_text('document', 'first_reply_at') }} as first_reply_at,
        {{ json_text('document', 'solved_at') }} as solved_at,
        lower({{ json_text('document', 'requester.email') }}) as requester_email
    from {{ source('helpdesk', 'tickets') }}
),

typed as (
    select
        -- ids
        {{ parse('id', 'bigint') }} as ticket_id,
        requester_email,
        split_part(requester_email, '@', 2) as requester_domain,
        -- text
        {{ json_text('document', 'requester.name') }} as requester_name,
        {{ json_text('document', 'subject') }} as subject,
        {{ json_text('document', 'status') }} as status,
        {{ json_text('document', 'priority') }} as priority,
        -- dates
        {{ parse('created_at', 'timestamp') }} as created_at,
        {{ parse('first_reply_at', 'timestamp') }} as first_reply_at,
        {{ parse('solved_at', 'timestamp') }} as solved_at,
        {{ parse('updated_at', 'timestamp') }} as updated_at,
        {{ carry(key=['ticket_id']) }}
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
