-- Grain: one row per month, from the first account's or subscription's to the one that is running at as_of.
{{ config(materialized='table', event_time='month', batch_size='month', post_hook='{{ analyze_this() }}') }}

with firsts as (
    select min(created_at) as first_at from {{ ref('stg_app__accounts') }}
    union all
    select min(started_at) as first_at from {{ ref('int_subscription_periods') }}
),

bounds as (
    select {{ utc_date('min(first_at)') }} as first_day from firsts
),

months as (
    select months.date_month as month
    from {{ month_spine('(select first_day from bounds)', as_of_date()) }} as months
),

moments as (
    select
        month,
        {{ day_start('month') }} as starts_at,
        {{ day_start(add_months('month', 1)) }} as ends_at
    from months
),

known as (
    select
        *,
        -- the running month ends at as_of: nothing is known beyond
        least(ends_at, {{ as_of() }}) as as_of_at
    from moments
    -- at the first instant of a month there is nothing to say about it yet
    where starts_at < {{ as_of() }}
),

final as (
    select
        month,
        starts_at,
        as_of_at,
        -- the last day that the month has until then: the day of the instant before as_of_at
        {{ utc_date("(as_of_at - interval '1 microsecond')") }} as as_of_date,
        ends_at <= {{ as_of() }} as is_over
    from known
)

select * from final
