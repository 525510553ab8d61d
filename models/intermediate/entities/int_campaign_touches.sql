-- Grain: one row per campaign touch, with the account that its e-mail domain leads to.
with campaign_touches as (
    select * from {{ ref('stg_drops__campaign_touches') }}
),

identities as (
    select account_id, email_domain from {{ ref('int_account_identities') }}
    where email_domain is not null
),

final as (
    select campaign_touches.*, identities.account_id
    from campaign_touches
    left join identities on campaign_touches.email_domain = identities.email_domain
)

select * from final
