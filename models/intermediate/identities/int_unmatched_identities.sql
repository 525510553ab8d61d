-- Grain: one row per system and identifier that leads to no single account.
with accounts as (
    select billing_ref, domain from {{ ref('stg_app__accounts') }}
),

seen as (
    select 'billing' as system, customer_ref as identifier from {{ ref('stg_billing__customers') }}
    union all
    select 'helpdesk' as system, requester_domain as identifier from {{ ref('stg_helpdesk__tickets') }}
    union all
    select 'nps' as system, email_domain as identifier from {{ ref('stg_drops__nps_answers') }}
    union all
    select 'campaigns' as system, email_domain as identifier from {{ ref('stg_drops__campaign_touches') }}
    union all
    select 'crm' as system, domain as identifier from {{ ref('stg_drops__crm_accounts') }}
),

counted as (
    select system, identifier, count(*) as row_count
    from seen
    group by system, identifier
),

claims as (
    select 'billing' as kind, billing_ref as identifier, count(*) as accounts
    from accounts
    group by billing_ref
    union all
    select 'domain' as kind, domain as identifier, count(*) as accounts
    from accounts
    group by domain
),

final as (
    select
        counted.system,
        counted.identifier,
        case
            when counted.identifier is null then 'no identifier'
            when claims.identifier is null then 'not found'
            else 'ambiguous'
        end as reason,
        counted.row_count
    from counted
    left join claims
        on counted.identifier = claims.identifier
        and case when counted.system = 'billing' then 'billing' else 'domain' end = claims.kind
    where claims.identifier is null
        or claims.accounts > 1
        -- two entries of one company on the sales team's list: it is not clear which to believe
        or (counted.system = 'crm' and counted.row_count > 1)
)

select * from final
