-- Grain: one row per account, as it stands at as_of.
{{ config(indexes=[{'columns': ['account_id'], 'unique': true}]) }}

with accounts as (
    select * from {{ ref('stg_app__accounts') }}
),

identities as (
    select * from {{ ref('int_account_identities') }}
),

crm as (
    select * from {{ ref('stg_drops__crm_accounts') }}
),

subscribed as (
    select * from {{ ref('int_account_status') }}
),

settings as (
    select * from {{ ref('int_account_settings') }}
),

users as (
    select account_id, count(*) as user_count
    from {{ ref('int_users') }}
    where deleted_at is null
    group by account_id
),

countries as (
    select * from {{ ref('countries') }}
),

usage as (
    select account_id, max(last_event_at) as last_event_at
    from {{ ref('int_usage_monthly') }}
    group by account_id
),

final as (
    select
        -- ids
        accounts.account_id, identities.customer_ref, identities.email_domain, identities.crm_id,
        -- text
        accounts.name,
        accounts.country,
        countries.name as country_name,
        countries.region,
        accounts.industry,
        coalesce(subscribed.status, 'never paid') as status,
        subscribed.plan_code,
        crm.segment as crm_segment, crm.owner as crm_owner, crm.stage as crm_stage,
        settings.timezone, settings.sso_enabled, settings.seats_limit, settings.newsletter,
        -- numerics
        coalesce(subscribed.mrr, 0) as mrr,
        subscribed.seats,
        cast(coalesce(users.user_count, 0) as integer) as user_count,
        crm.arr as crm_arr,
        -- dates
        accounts.created_at,
        subscribed.first_paid_at,
        subscribed.churned_at,
        usage.last_event_at,
        accounts.deleted_at,
        -- flags
        countries.is_eu_member,
        accounts.deleted_at is not null as is_deleted
    from accounts
    left join identities on accounts.account_id = identities.account_id
    left join crm on identities.crm_id = crm.crm_id
    left join countries on accounts.country = countries.code
    left join subscribed on accounts.account_id = subscribed.account_id
    left join settings on accounts.account_id = settings.account_id
    left join users on accounts.account_id = users.account_id
    left join usage on accounts.account_id = usage.account_id
)

select * from final
