-- Grain: one row per ticket, with its answer, its end and its ratings, and when each was known.
{{ config(materialized='table', post_hook='{{ analyze_this() }}') }}

with tickets as (
    select
        *,
        {{ known_at('created_at') }} as known_at,
        -- a ticket that was solved and is open again is open
        case when status = 'solved' then coalesce(solved_at, updated_at) end as closed_at
    from {{ ref('int_tickets') }}
),

ratings as (
    select
        ticket_id,
        score,
        created_at,
        row_number() over (partition by ticket_id order by created_at desc nulls last, rating_id desc) as latest
    from {{ ref('int_satisfaction_ratings') }}
),

-- the change log alone knows when an answer or an end was heard of
change_log as (
    select
        id,
        {{ json_text('document', 'first_reply_at') }} as first_reply_at,
        {{ json_text('document', 'status') }} as status,
        _dlt_load_id,
        _op,
        _seq
    from {{ source('helpdesk', 'tickets') }}
),

replies as (
    select * from {{ learned(
        'change_log', 'helpdesk', 'tickets', key='id', predicate='first_reply_at is not null'
    ) }} as replies
),

ends as (
    select * from {{ learned('change_log', 'helpdesk', 'tickets', key='id', predicate="status = 'solved'") }} as ends
),

final as (
    select
        tickets.ticket_id,
        tickets.account_id,
        tickets.requester_email,
        tickets.subject,
        tickets.status,
        tickets.priority,
        tickets.created_at,
        tickets.first_reply_at,
        tickets.closed_at,
        tickets.updated_at,
        tickets.known_at,
        {{ known_at('tickets.first_reply_at', 'replies.known_from') }} as reply_known_at,
        {{ known_at('tickets.closed_at', 'ends.known_from') }} as close_known_at,
        ratings.score as satisfaction_score,
        ratings.created_at as rated_at
    from tickets
    left join replies on tickets._key = replies.key
    left join ends on tickets._key = ends.key
    left join ratings on tickets.ticket_id = ratings.ticket_id and ratings.latest = 1
)

select * from final
