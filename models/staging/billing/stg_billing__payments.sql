-- Grain: one row per attempt to pay an invoice, failed ones included.
with typed as (
    select
        -- ids
        payment_id,
        invoice_id,
        -- text
        currency,
        method,
        status,
        failure_code,
        -- numerics
        {{ parse('amount', 'numeric(14, 2)') }} as amount,
        -- dates
        {{ parse('paid_at', 'timestamp') }} as paid_at,
        {{ parse('updated_at', 'timestamp') }} as updated_at,
        {{ carry(key=['payment_id']) }}
    from {{ source('billing', 'payments') }}
)

select
    *,
    {{ reject({
        'amount is negative': 'amount < 0',
        'status is unknown': "status not in ('succeeded', 'failed')",
    }) }}
from typed
