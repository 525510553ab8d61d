-- Grain: one row per ticket.
{{ config(indexes=[{'columns': ['ticket_id'], 'unique': true}, {'columns': ['account_id']}]) }}

with tickets as (
    -- an open ticket is as old as it is at as_of
    select *, coalesce(closed_at, {{ as_of() }}) as aged_until from {{ ref('int_ticket_states') }}
),

users as (
    select email, max(user_id) as user_id
    from {{ ref('int_users') }}
    where email is not null
    group by email
    -- an address that two users share leads to no user
    having count(*) = 1
),

final as (
    select
        -- ids
        tickets.ticket_id,
        tickets.account_id,
        users.user_id,
        -- text
        tickets.requester_email,
        tickets.subject,
        tickets.status,
        tickets.priority,
        -- numerics
        {{ hours_between('tickets.created_at', 'tickets.first_reply_at') }} as first_reply_hours,
        {{ days_between(utc_date('tickets.created_at'), utc_date('tickets.aged_until')) }} as age_days,
        tickets.satisfaction_score,
        -- dates
        tickets.created_at,
        tickets.first_reply_at,
        tickets.closed_at as solved_at,
        -- flags
        tickets.closed_at is null as is_open
    from tickets
    left join users on tickets.requester_email = users.email
)

select * from final
