-- Grain: one row per account, closed ones included.
with typed as (
    select
        -- ids
        account_id,
        billing_ref,
        -- text
        name,
        lower(domain) as domain,
        country,
        industry,
        -- dates
        created_at,
        updated_at,
        deleted_at,
        {{ carry(key=['account_id']) }}
    from {{ source('app', 'accounts') }}
)

select
    *,
    {{ reject({
        'name is mis-decoded': mis_decoded('name'),
        'closed before it was created': 'deleted_at < created_at',
    }) }}
from typed
