-- Grain: one row per ticket, with the account that its e-mail domain leads to.
with tickets as (
    select * from {{ ref('stg_helpdesk__tickets') }}
),

identities as (
    select account_id, email_domain from {{ ref('int_account_identities') }}
    where email_domain is not null
),

final as (
    select tickets.*, identities.account_id
    from tickets
    left join identities on tickets.requester_domain = identities.email_domain
)

select * from final
