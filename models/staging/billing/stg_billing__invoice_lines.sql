-- Grain: one row per line of an invoice.
with typed as (
    select
        -- ids
        line_id,
        invoice_id,
        -- text
        description,
        -- numerics
        {{ parse('quantity', 'numeric(14, 4)') }} as quantity,
        {{ parse('unit_price', 'numeric(14, 4)') }} as unit_price,
        {{ parse('amount', 'numeric(14, 2)') }} as amount,
        -- dates
        {{ parse('updated_at', 'timestamp') }} as updated_at,
        {{ carry(key=['line_id']) }}
    from {{ source('billing', 'invoice_lines') }}
)

select
    *,
    {{ reject({
        'quantity is negative': 'quantity < 0',
    }) }}
from typed
