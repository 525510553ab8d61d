-- Grain: one row per line of an invoice, those that wait in quarantine included.
with accepted as (
    select invoice_id, description, amount from {{ ref('stg_billing__invoice_lines') }}
),

quarantined as (
    select
        {{ json_text('row', 'invoice_id') }} as invoice_id,
        {{ json_text('row', 'description') }} as description,
        {{ json_text('row', 'amount') }} as amount_as_received
    from {{ source('quality', 'quarantine') }}
    where model = 'stg_billing__invoice_lines' and resolved_at is null
),

final as (
    select * from accepted
    union all
    select
        invoice_id,
        description,
        {{ parsed_value('amount_as_received', 'numeric', 'numeric(14, 2)') }} as amount
    from quarantined
)

select * from final
