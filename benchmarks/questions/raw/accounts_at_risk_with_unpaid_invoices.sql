with paying as (
    select running.*, (:as_of - interval '1 microsecond')::date as as_of_date
    from running
    join accounts using (account_id)
    where running.mrr > 0 and accounts.created_at < :as_of
),

-- what was known three months ago, at the end of that month
earlier as (
    select known.account_id, sum(known.mrr) as mrr
    from known_subscriptions as known
    join accounts using (account_id)
    cross join (
        select date_trunc('month', :as_of - interval '1 microsecond') - interval '2 months' as moment
    ) as then_
    where known.started_at < then_.moment and known.known_at <= then_.moment
        and (known.ended_at is null or known.ended_at >= then_.moment or known.end_known_at > then_.moment)
        and accounts.created_at < then_.moment
    group by known.account_id
),

usage as (
    select
        account_id,
        count(*) filter (where age between 0 and 27) as now,
        count(*) filter (where age between 28 and 55) as before,
        min(age) as last_seen
    from (
        select account_id, (:as_of - interval '1 microsecond')::date - occurred_at::date as age
        from events
        where occurred_at < :as_of
    ) as aged
    group by account_id
),

failed as (
    select distinct account_id from payments
    where status = 'failed' and paid_at >= :as_of - interval '28 days' and paid_at < :as_of
),

overdue as (
    select distinct account_id from dues
    where due_date <= (:as_of - interval '1 microsecond')::date
        and coalesce(total, 1) > 0 and coalesce(status, '') not in ('paid', 'void') and (total is null or open_amount > 0)
),

waiting as (
    select
        account_id,
        count(*) filter (where first_reply_at is null or first_reply_at >= :as_of) as unanswered,
        max((:as_of - interval '1 microsecond')::date - created_at::date) as oldest
    from tickets
    where status is distinct from 'solved' and created_at < :as_of
    group by account_id
),

promoters as (
    select distinct on (account_id) account_id, score, responded_at::date as answered_on
    from (
        select
            domains.account_id, latest.response_id, latest.score::integer as score,
            latest.responded_at::timestamptz as responded_at
        from (select distinct on (response_id) * from raw_drops.nps_answers order by response_id, _seq desc) as latest
        join domains on domains.domain = split_part(lower(latest.email), '@', 2)
        where latest._op = 'upsert' and latest._error is null
            and latest.score ~ '^[0-9]{1,2}$' and latest.score::integer <= 10
            and pg_input_is_valid(coalesce(latest.responded_at, 'epoch'), 'timestamptz')
    ) as answers
    where responded_at < :as_of
    order by account_id, responded_at desc, response_id desc
),

raters as (
    select distinct on (tickets.account_id) tickets.account_id, ratings.score, ratings.rated_at::date as rated_on
    from (
        select
            id, (document ->> 'ticket_id')::bigint as ticket_id, (document ->> 'score')::integer as score,
            (document ->> 'created_at')::timestamptz as rated_at
        from (
            select distinct on (id) * from raw_helpdesk.satisfaction_ratings order by id, _seq desc
        ) as latest
        where _op = 'upsert' and (document ->> 'score') ~ '^[1-5]$'
            and pg_input_is_valid(document ->> 'created_at', 'timestamptz')
    ) as ratings
    join tickets using (ticket_id)
    where tickets.account_id is not null and ratings.rated_at < :as_of
    order by tickets.account_id, ratings.rated_at desc, ratings.id desc
),

signs as (
    select
        paying.account_id, paying.plan_code, paying.mrr,
        array_remove(array[
            case when round(coalesce(usage.now, 0) / nullif(usage.before, 0)::numeric, 4) < 0.5 then 'usage has halved' end,
            case when coalesce(usage.last_seen, 9999) >= 14 then 'unused for two weeks' end,
            case when paying.mrr < coalesce(earlier.mrr, 0) then 'pays less than before' end,
            case when overdue.account_id is not null then 'an overdue invoice' end,
            case when failed.account_id is not null then 'a failed payment' end,
            case when waiting.unanswered > 0 and waiting.oldest >= 7 then 'an unanswered ticket' end,
            case when promoters.score <= 6 and paying.as_of_date - promoters.answered_on <= 90
                or raters.score <= 2 and paying.as_of_date - raters.rated_on <= 90 then 'a bad rating' end
        ], null) as signs
    from paying
    left join earlier using (account_id)
    left join usage using (account_id)
    left join overdue using (account_id)
    left join failed using (account_id)
    left join waiting using (account_id)
    left join promoters using (account_id)
    left join raters using (account_id)
),

unpaid as (
    select
        account_id, currency,
        count(*) as unpaid_invoices,
        count(*) filter (where due_date < (:as_of)::date) as overdue_invoices,
        sum(open_amount) as open_amount,
        sum(round(euros * open_amount / total, 3)) as reporting_open,
        min(due_date) as oldest_due_date
    from dues
    where is_unpaid
    group by account_id, currency
)

select
    signs.account_id, accounts.name, signs.plan_code, signs.mrr, array_to_string(signs.signs, '; ') as signs,
    unpaid.unpaid_invoices, unpaid.overdue_invoices, unpaid.currency, unpaid.open_amount, unpaid.reporting_open,
    unpaid.oldest_due_date
from signs
join accounts using (account_id)
join unpaid using (account_id)
where cardinality(signs.signs) >= 2
order by unpaid.reporting_open desc, signs.account_id, unpaid.currency
