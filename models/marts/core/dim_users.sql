-- Grain: one row per user.
{{ config(indexes=[{'columns': ['user_id'], 'unique': true}, {'columns': ['account_id']}]) }}

with users as (
    select * from {{ ref('int_users') }}
),

preferences as (
    select * from {{ ref('stg_app__user_preferences') }}
),

usage as (
    select account_id, user_id, max(last_event_at) as last_event_at
    from {{ ref('int_usage_user_monthly') }}
    group by account_id, user_id
),

final as (
    select
        users.user_id,
        users.account_id,
        users.email,
        users.full_name,
        users.role,
        users.locale,
        preferences.theme,
        preferences.language,
        preferences.email_digest,
        users.created_at,
        users.last_login_at,
        usage.last_event_at,
        users.deleted_at,
        users.deleted_at is not null as is_deleted
    from users
    left join preferences on users.user_id = preferences.user_id
    left join usage on users.user_id = usage.user_id and users.account_id = usage.account_id
)

select * from final
