-- Do customers who wait longer for the first reply to a ticket leave more often?
{%- set days = 90 %}

with accounts as (
    select account_id, first_paid_at from {{ ref('dim_accounts') }}
),

-- of customers, and so old that all its days are over
tickets as (
    select
        tickets.ticket_id,
        tickets.account_id,
        tickets.created_at,
        case
            when tickets.first_reply_hours < 4 then '1: under 4 hours'
            when tickets.first_reply_hours < 24 then '2: under a day'
            when tickets.first_reply_hours >= 24 then '3: a day or longer'
            else '4: no reply'
        end as first_reply
    from {{ ref('fct_tickets') }} as tickets
    inner join accounts
        on tickets.account_id = accounts.account_id
        and tickets.created_at >= accounts.first_paid_at
    where tickets.created_at < {{ moment_plus_days(as_of(), -days) }}
),

churns as (
    select account_id, moved_at from {{ ref('fct_mrr_movements') }}
    where movement_type = 'churn'
),

judged as (
    select tickets.ticket_id, tickets.first_reply, count(churns.moved_at) > 0 as has_churned
    from tickets
    left join churns
        on tickets.account_id = churns.account_id
        and churns.moved_at >= tickets.created_at
        and churns.moved_at < {{ moment_plus_days('tickets.created_at', days) }}
    group by tickets.ticket_id, tickets.first_reply
),

sums as (
    select
        first_reply,
        cast(count(*) as integer) as tickets,
        cast(count(*) filter (where has_churned) as integer) as followed_by_churn
    from judged
    group by first_reply
),

final as (
    select *, {{ ratio('followed_by_churn', 'tickets') }} as churn_share from sums
)

select * from final
order by {{ byte_order('first_reply') }}
