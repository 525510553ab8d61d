-- Grain: one row per month, from the first account's or subscription's to the one that is running at as_of.
with firsts as (
    select min(created_at) as first_at from {{ ref('stg_app__accounts') }}
    union all
    select min(started_at) as first_at from {{ ref('int_subscription_periods') }}
),

bounds as (
    select min(first_at) as first_at from firsts
),

months as (
    select cast(months.month as date) as month
    from bounds
    cross join lateral {{ spine('month', month_of('bounds.first_at'), month_of(as_of())) }} as months (month)
),

moments as (
    select
        month,
        cast(month as {{ moment_type() }}) as starts_at,
        cast({{ add_months('month', 1) }} as {{ moment_type() }}) as ends_at
    from months
),

final as (
    select
        month,
        starts_at,
        -- the running month ends at as_of: nothing is known beyond
        least(ends_at, {{ as_of() }}) as as_of_at,
        -- its last day: the one that holds the instant before
        cast(least(ends_at, {{ as_of() }}) - interval '1 microsecond' as date) as as_of_date,
        ends_at <= {{ as_of() }} as is_over
    from moments
    -- at the first instant of a month there is nothing to say about it yet
    where starts_at < {{ as_of() }}
)

select * from final
