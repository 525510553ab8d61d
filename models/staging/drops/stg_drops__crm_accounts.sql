-- Grain: one row per company on the sales team's list.
with typed as (
    select
        -- ids
        crm_id,
        lower(domain) as domain,
        -- text
        company,
        owner,
        segment,
        stage,
        -- numerics
        {{ parse('arr', 'numeric(14, 2)') }} as arr,
        -- dates
        {{ parse('updated_on', 'date') }} as updated_on,
        {{ carry(key=['crm_id'], unreadable=true) }}
    from {{ source('drops', 'crm_accounts') }}
)

select
    *,
    {{ reject({
        'arr is negative': 'arr < 0',
    }) }}
from typed
