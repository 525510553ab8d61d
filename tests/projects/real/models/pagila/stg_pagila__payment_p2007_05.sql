-- Grain: one row per payment_id.
with typed as (
    select
        payment_id,
        customer_id,
        staff_id,
        rental_id,
        amount,
        payment_date,
        {{ carry(key=['payment_id']) }}
    from {{ source('pagila', 'payment_p2007_05') }}
)

select *, {{ reject({}) }} from typed
