-- Grain: one row per account and name of a setting.
with typed as (
    select
        -- ids
        account_id,
        -- text
        name,
        value,
        -- dates
        updated_at,
        {{ carry(key=['account_id', 'name']) }}
    from {{ source('app', 'account_settings') }}
)

select
    *,
    {{ reject({
        'name is empty': "name = ''",
    }) }}
from typed
