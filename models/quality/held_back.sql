-- Grain: one row per model, key and reason for which an accepted row is held back from the marts.
{%- set entities = {
    'users': 'stg_app__users',
    'subscriptions': 'stg_app__subscriptions',
    'events': 'stg_product__events',
    'customers': 'stg_billing__customers',
    'invoices': 'stg_billing__invoices',
    'invoice_lines': 'stg_billing__invoice_lines',
    'payments': 'stg_billing__payments',
    'satisfaction_ratings': 'stg_helpdesk__satisfaction_ratings',
} %}

with final as (
{%- for entity, model in entities.items() %}
    select '{{ model }}' as model, key, reason, parent_key
    from {{ ref('int_' ~ entity ~ '_held_back') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
{%- endfor %}
)

select * from final
