-- Rows and amounts of each mart = those of staging, less what is held back between tables.
-- Nothing is lost or doubled.
{%- set marts = [
    ('dim_accounts', 'stg_app__accounts', none, none, none),
    ('dim_plans', 'stg_app__plans', none, none, none),
    ('dim_users', 'stg_app__users', 'int_users_held_back', 'user_id', none),
    ('fct_invoices', 'stg_billing__invoices', 'int_invoices_held_back', 'invoice_id', 'total'),
    ('fct_payments', 'stg_billing__payments', 'int_payments_held_back', 'payment_id', 'amount'),
    ('fct_tickets', 'stg_helpdesk__tickets', none, none, none),
] %}

with sums as (
    {%- for mart, staging, held_back, key, amount in marts %}
    select
        '{{ mart }}' as mart,
        (select count(*) from {{ ref(mart) }}) as mart_rows,
        (select cast(sum({{ amount or 0 }}) as numeric(20, 2)) from {{ ref(mart) }}) as mart_amount,
        count(*) as expected_rows,
        cast(sum({{ 'staging.' ~ amount if amount else 0 }}) as numeric(20, 2)) as expected_amount
    from {{ ref(staging) }} as staging
    {%- if held_back %}
    left join (select distinct {{ key }} from {{ ref(held_back) }}) as held_back
        on staging.{{ key }} = held_back.{{ key }}
    where held_back.{{ key }} is null
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from sums
where mart_rows <> expected_rows or coalesce(mart_amount, 0) <> coalesce(expected_amount, 0)
