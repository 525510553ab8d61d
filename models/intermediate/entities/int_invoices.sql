-- Grain: one row per invoice, those held back left out, with the account of its customer.
with invoices as (
    select * from {{ ref('stg_billing__invoices') }}
),

identities as (
    select account_id, customer_ref from {{ ref('int_account_identities') }}
    where customer_ref is not null
),

held_back as (
    select distinct invoice_id from {{ ref('int_invoices_held_back') }}
),

final as (
    select invoices.*, identities.account_id
    from invoices
    left join identities on invoices.customer_ref = identities.customer_ref
    left join held_back on invoices.invoice_id = held_back.invoice_id
    where held_back.invoice_id is null
)

select * from final
