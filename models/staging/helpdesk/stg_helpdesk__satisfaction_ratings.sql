-- Grain: one row per rating of a ticket.
with typed as (
    select
        -- ids
        {{ parse('id', 'bigint', name='rating_id') }} as rating_id,
        {{ json_number('document', 'ticket_id', 'bigint') }} as ticket_id,
        -- text
        {{ json_text('document', 'comment') }} as comment,
        -- numerics
        {{ json_number('document', 'score', 'integer') }} as score,
        -- dates
        {{ json_timestamp('document', 'created_at') }} as created_at,
        {{ json_timestamp('document', 'updated_at') }} as updated_at,
        {{ carry(key=['id']) }}
    from {{ source('helpdesk', 'satisfaction_ratings') }}
)

select
    *,
    {{ reject({
        'score is out of range': 'score not between 1 and 5',
    }) }}
from typed
