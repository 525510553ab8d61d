-- Grain: one row per billed customer.
with typed as (
    select
        -- ids
        customer_ref,
        -- text
        company,
        lower(email) as email,
        currency,
        _escaped as has_escapes,
        -- dates
        {{ parse('created_on', 'date') }} as created_on,
        {{ parse('updated_at', 'timestamp') }} as updated_at,
        {{ carry(key=['customer_ref']) }}
    from {{ source('billing', 'customers') }}
)

select
    *,
    {{ reject({
        'company holds a NUL character': "has_escapes and position(concat_ws('', chr(92), 'x00') in company) > 0",
    }) }}
from typed
