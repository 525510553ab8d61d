-- The events of all days, by any type and user, are the accepted events less those held back.
with totals as (
    select
        (select count(*) from {{ ref('stg_product__events') }})
        - (select count(distinct event_id) from {{ ref('int_events_held_back') }}) as expected,
        coalesce(sum(events), 0) as events,
        coalesce(sum(logins + reports_viewed + exports + invites_sent + api_calls), 0) as of_known_types
    from {{ ref('fct_usage_daily') }}
)

select * from totals
-- an event of another type is counted, though it has no column of its own
where events <> expected or of_known_types > events
