-- Grain: one row per rating of a ticket.
with picked as (
    select
        *,
        {{ json_text('document', 'ticket_id') }} as ticket_id,
        {{ json_text('document', 'score') }} as score,
        {{ json_text('document', 'created_at') }} as created_at
    from {{ source('helpdesk', 'satisfaction_ratings') }}
),

typed as (
    select
        -- ids
        {{ parse('id', 'bigint') }} as rating_id,
        {{ parse('ticket_id', 'bigint') }} as ticket_id,
        -- text
        {{ json_text('document', 'comment') }} as comment,
        -- numerics
        {{ parse('score', 'integer') }} as score,
        -- dates
        {{ parse('created_at', 'timestamp') }} as created_at,
        {{ parse('updated_at', 'timestamp') }} as updated_at,
        {{ carry(key=['rating_id']) }}
    from picked
)

select
    *,
    {{ reject({
        'score is out of range': 'score not between 1 and 5',
    }) }}
from typed
