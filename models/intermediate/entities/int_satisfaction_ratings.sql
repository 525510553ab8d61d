-- Grain: one row per rating, those held back left out, with the account of its ticket.
with ratings as (
    select * from {{ ref('stg_helpdesk__satisfaction_ratings') }}
),

tickets as (
    select ticket_id, account_id from {{ ref('int_tickets') }}
),

held_back as (
    select distinct rating_id from {{ ref('int_satisfaction_ratings_held_back') }}
),

final as (
    select ratings.*, tickets.account_id
    from ratings
    left join tickets on ratings.ticket_id = tickets.ticket_id
    left join held_back on ratings.rating_id = held_back.rating_id
    where held_back.rating_id is null
)

select * from final
