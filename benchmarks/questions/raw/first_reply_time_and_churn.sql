with judged as (
    select
        case
            when round(floor(extract(epoch from first_reply_at - created_at)) / 3600, 2) < 4 then '1: under 4 hours'
            when round(floor(extract(epoch from first_reply_at - created_at)) / 3600, 2) < 24 then '2: under a day'
            when first_reply_at is not null then '3: a day or longer'
            else '4: no reply'
        end as first_reply,
        count(churns.moved_at) > 0 as has_churned
    from tickets
    join movements as firsts on firsts.account_id = tickets.account_id and firsts.is_first
    left join movements as churns
        on churns.account_id = tickets.account_id and churns.is_churn
        and churns.moved_at >= tickets.created_at and churns.moved_at < tickets.created_at + interval '90 days'
    where tickets.created_at >= firsts.moved_at and tickets.created_at < :as_of - interval '90 days'
    group by tickets.ticket_id, tickets.created_at, tickets.first_reply_at
)

select
    first_reply, count(*) as tickets, count(*) filter (where has_churned) as followed_by_churn,
    round(count(*) filter (where has_churned) / count(*)::numeric, 4) as churn_share
from judged
group by first_reply
order by first_reply collate "C"
