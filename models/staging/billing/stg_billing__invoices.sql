-- Grain: one row per invoice id; copies under another id are held back later, in int_invoices_held_back.
with typed as (
    select
        -- ids
        invoice_id,
        customer_ref,
        -- text
        currency,
        status,
        -- numerics
        {{ parse('total', 'numeric(14, 2)') }} as total,
        -- dates
        {{ parse('invoice_date', 'date') }} as invoice_date,
        {{ parse('due_date', 'date') }} as due_date,
        {{ parse('updated_at', 'timestamp') }} as updated_at,
        {{ carry(key=['invoice_id']) }}
    from {{ source('billing', 'invoices') }}
)

select
    *,
    {{ reject({
        'due before it was invoiced': 'due_date < invoice_date',
        'status is unknown': "status not in ('paid', 'open', 'failed', 'void')",
    }) }}
from typed
