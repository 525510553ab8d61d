-- Grain: one row per row of the source.
with typed as (
    select
        account_id,
        product,
        start_date,
        end_date,
        mrr,
        quantity,
        units,
        bill_period_months,
        discount,
        {{ carry(key=['_key']) }}
    from {{ source('fightchurn', 'subscription') }}
)

select *, {{ reject({}) }} from typed
