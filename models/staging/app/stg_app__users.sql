-- Grain: one row per user, soft-deleted ones included.
{%- set users = source('app', 'users') %}

with typed as (
    select
        -- ids
        user_id,
        account_id,
        -- text
        lower(email) as email,
        full_name,
        role,
        {{ renamed(users, ['language', 'locale']) }} as locale,
        -- dates
        created_at,
        updated_at,
        last_login_at,
        deleted_at,
        {{ carry(key=['user_id']) }}
    from {{ users }}
)

select
    *,
    {{ reject({
        'created in the future': "created_at > _as_of + interval '1 day'",
        'deleted before it was created': 'deleted_at < created_at',
    }) }}
from typed
