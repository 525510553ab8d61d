-- Grain: one row per month and currency that has a rate in that month.
{{ config(materialized='table', post_hook='{{ analyze_this() }}') }}

with rates as (
    select
        month,
        currency,
        units_per_eur,
        lead(month) over (partition by currency order by month) as next_month
    from {{ ref('exchange_rates') }}
),

-- a rate serves its own month, and the three after it until a newer rate comes
served as (
    {%- for months_old in range(4) %}
    select
        {{ add_months('month', months_old) }} as month,
        currency,
        month as rate_month,
        units_per_eur
    from rates
    where next_month is null or {{ add_months('month', months_old) }} < next_month
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- a euro is worth one euro in each month
with_euro as (
    select * from served
    union all
    select distinct month, 'EUR' as currency, month as rate_month, cast(1 as numeric(18, 8)) as units_per_eur
    from served
),

reporting as (
    select with_euro.month, with_euro.rate_month, with_euro.units_per_eur, currencies.minor_units
    from with_euro
    inner join {{ ref('currencies') }} as currencies on with_euro.currency = currencies.code
    where with_euro.currency = {{ reporting_currency() }}
),

final as (
    select
        with_euro.month,
        with_euro.currency,
        -- the older of the two rates that a conversion takes
        least(with_euro.rate_month, reporting.rate_month) as rate_month,
        least(with_euro.rate_month, reporting.rate_month) < with_euro.month as is_older_rate,
        with_euro.units_per_eur,
        reporting.units_per_eur as reporting_units_per_eur,
        reporting.minor_units
    from with_euro
    inner join reporting on with_euro.month = reporting.month
)

select * from final
