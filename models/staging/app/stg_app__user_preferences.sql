-- Grain: one row per user who has preferences.
with picked as (
    select
        *,
        {{ json_text('preferences', 'email_digest') }} as email_digest
    from {{ source('app', 'user_preferences') }}
),

typed as (
    select
        -- ids
        user_id,
        -- text
        {{ json_text('preferences', 'theme') }} as theme,
        {{ json_text('preferences', 'language') }} as language,
        {{ parse('email_digest', 'boolean') }} as email_digest,
        -- dates
        updated_at,
        {{ carry(key=['user_id']) }}
    from picked
)

select *, {{ reject({}) }} from typed
