-- Grain: one row per user who has preferences.
with typed as (
    select
        -- ids
        user_id,
        -- text
        {{ json_text('preferences', 'theme') }} as theme,
        {{ json_text('preferences', 'language') }} as language,
        {{ json_boolean('preferences', 'email_digest') }} as email_digest,
        -- dates
        updated_at,
        {{ carry(key=['user_id']) }}
    from {{ source('app', 'user_preferences') }}
)

select *, {{ reject() }} from typed
