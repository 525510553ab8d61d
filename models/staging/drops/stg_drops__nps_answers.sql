-- Grain: one row per answer to "would you recommend us?".
with typed as (
    select
        -- ids
        response_id,
        lower(email) as email,
        nullif(lower(split_part(email, '@', 2)), '') as email_domain,
        -- text
        comment,
        -- numerics
        {{ parse('score', 'integer') }} as score,
        -- dates
        {{ parse('responded_at', 'timestamp') }} as responded_at,
        {{ carry(key=['response_id'], unreadable=true) }}
    from {{ source('drops', 'nps_answers') }}
)

select
    *,
    {{ reject({
        'score is out of range': 'score not between 0 and 10',
    }) }}
from typed
