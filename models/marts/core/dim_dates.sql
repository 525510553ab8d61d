-- Grain: one row per day, from the first fact to the end of the year after as_of.
with firsts as (
    select min(month) as first_day from {{ ref('int_months') }}
    union all
    select min(invoice_date) as first_day from {{ ref('int_invoices_with_payments') }}
    union all
    select min(usage_date) as first_day from {{ ref('int_usage_daily') }}
),

bounds as (
    select
        min(first_day) as first_day,
        {{ add_days(add_months("date_trunc('year', " ~ as_of() ~ ")", 24), -1) }} as last_day
    from firsts
),

days as (
    select cast(days.day as date) as date_day
    from bounds
    cross join lateral {{ spine('day', 'bounds.first_day', 'bounds.last_day') }} as days (day)
),

final as (
    select
        date_day,
        cast(extract(year from date_day) as integer) as year,
        cast(extract(quarter from date_day) as integer) as quarter,
        {{ month_of('date_day') }} as month,
        cast(extract(month from date_day) as integer) as month_number,
        cast(extract(day from date_day) as integer) as day_of_month,
        -- 1 January 1900 was a Monday
        cast({{ days_between("cast('1900-01-01' as date)", 'date_day') }} % 7 + 1 as integer) as day_of_week,
        {{ days_between("cast('1900-01-01' as date)", 'date_day') }} % 7 >= 5 as is_weekend,
        date_day = {{ add_days(add_months(month_of('date_day'), 1), -1) }} as is_month_end
    from days
)

select * from final
