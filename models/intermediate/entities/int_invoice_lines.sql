-- Grain: one row per invoice line, those held back left out.
with invoice_lines as (
    select * from {{ ref('stg_billing__invoice_lines') }}
),

held_back as (
    select distinct line_id from {{ ref('int_invoice_lines_held_back') }}
),

final as (
    select invoice_lines.*
    from invoice_lines
    left join held_back on invoice_lines.line_id = held_back.line_id
    where held_back.line_id is null
)

select * from final
