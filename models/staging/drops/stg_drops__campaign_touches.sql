-- Grain: one row per person whom a campaign reached, each time.
with typed as (
    select
        -- ids
        touch_id,
        lower(email) as email,
        nullif(lower(split_part(email, '@', 2)), '') as email_domain,
        -- text
        campaign,
        channel,
        -- numerics
        {{ parse('cost', 'numeric(14, 2)') }} as cost,
        -- dates
        touched_at,
        {{ carry(key=['touch_id'], unreadable=true) }}
    from {{ source('drops', 'campaign_touches') }}
)

select
    *,
    {{ reject({
        'cost is negative': 'cost < 0',
    }) }}
from typed
