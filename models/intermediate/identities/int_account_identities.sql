-- Grain: one row per account.
{{ config(materialized='table') }}

with accounts as (
    select
        account_id,
        billing_ref,
        domain,
        count(*) over (partition by billing_ref) as accounts_with_billing_ref,
        count(*) over (partition by domain) as accounts_with_domain
    from {{ ref('stg_app__accounts') }}
),

customers as (
    select customer_ref from {{ ref('stg_billing__customers') }}
),

crm as (
    select domain, count(*) as entries, max(crm_id) as crm_id
    from {{ ref('stg_drops__crm_accounts') }}
    group by domain
),

matched as (
    select
        accounts.*,
        customers.customer_ref as found_customer_ref,
        crm.crm_id as found_crm_id,
        case
            when accounts.billing_ref is null then 'no identifier'
            when accounts.accounts_with_billing_ref > 1 then 'ambiguous'
            when customers.customer_ref is null then 'not found'
            else 'matched'
        end as billing_match,
        case
            when accounts.domain is null then 'no identifier'
            when accounts.accounts_with_domain > 1 then 'ambiguous'
            else 'matched'
        end as domain_match,
        case
            when accounts.domain is null then 'no identifier'
            when crm.domain is null then 'not found'
            when accounts.accounts_with_domain > 1 or crm.entries > 1 then 'ambiguous'
            else 'matched'
        end as crm_match
    from accounts
    left join customers on accounts.billing_ref = customers.customer_ref
    left join crm on accounts.domain = crm.domain
),

final as (
    select
        account_id,
        billing_ref,
        case when billing_match = 'matched' then found_customer_ref end as customer_ref,
        billing_match,
        case when domain_match = 'matched' then domain end as email_domain,
        domain_match,
        case when crm_match = 'matched' then found_crm_id end as crm_id,
        crm_match
    from matched
)

select * from final
