-- Grain: one row per day, from the first fact to the end of the year after as_of.
{{ config(indexes=[{'columns': ['date_day'], 'unique': true}]) }}

with firsts as (
    select min(month) as first_day from {{ ref('int_months') }}
    union all
    select min(invoice_date) as first_day from {{ ref('int_invoices_with_payments') }}
    union all
    select min(usage_date) as first_day from {{ ref('int_usage_daily') }}
),

present as (
    select min(first_day) as first_day, {{ as_of_date() }} as as_of_date from firsts
),

bounds as (
    select
        first_day,
        {{ month_end(add_months('as_of_date', '24 - extract(month from as_of_date)')) }} as last_day
    from present
),

days as (
    select days.date_day
    from {{ date_spine('(select first_day from bounds)', '(select last_day from bounds)') }} as days
),

final as (
    select
        date_day,
        cast(extract(year from date_day) as integer) as year,
        cast(extract(quarter from date_day) as integer) as quarter,
        {{ month_start('date_day') }} as month,
        cast(extract(month from date_day) as integer) as month_number,
        cast(extract(day from date_day) as integer) as day_of_month,
        -- 1 January 1900 was a Monday
        cast({{ days_between("cast('1900-01-01' as date)", 'date_day') }} % 7 + 1 as integer) as day_of_week,
        {{ days_between("cast('1900-01-01' as date)", 'date_day') }} % 7 >= 5 as is_weekend,
        date_day = {{ month_end('date_day') }} as is_month_end
    from days
)

select * from final
