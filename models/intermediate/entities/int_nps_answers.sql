-- Grain: one row per NPS answer, with the account that its e-mail domain leads to.
with nps_answers as (
    select * from {{ ref('stg_drops__nps_answers') }}
),

identities as (
    select account_id, email_domain from {{ ref('int_account_identities') }}
    where email_domain is not null
),

final as (
    select nps_answers.*, identities.account_id
    from nps_answers
    left join identities on nps_answers.email_domain = identities.email_domain
)

select * from final
