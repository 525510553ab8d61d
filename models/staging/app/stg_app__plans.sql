-- Grain: one row per plan.
with typed as (
    select
        -- ids
        plan_id,
        -- text
        code,
        name,
        is_active,
        -- numerics
        {{ parse('monthly_price', 'numeric(14, 2)') }} as monthly_price,
        {{ parse('seat_price', 'numeric(14, 2)') }} as seat_price,
        -- dates
        updated_at,
        {{ carry(key=['plan_id']) }}
    from {{ source('app', 'plans') }}
)

select
    *,
    {{ reject({
        'monthly_price is negative': 'monthly_price < 0',
        'seat_price is negative': 'seat_price < 0',
    }) }}
from typed
