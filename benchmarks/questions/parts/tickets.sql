-- The tickets in their latest version, with the account that the requester's domain leads to.
select
    read.ticket_id, domains.account_id, read.status, read.created_at, read.first_reply_at
from (
    select
        id::bigint as ticket_id,
        split_part(lower(document #>> '{requester,email}'), '@', 2) as domain,
        document ->> 'status' as status,
        (document ->> 'created_at')::timestamptz as created_at,
        (document ->> 'first_reply_at')::timestamptz as first_reply_at,
        (document ->> 'solved_at')::timestamptz as solved_at
    from (select distinct on (id) * from raw_helpdesk.tickets order by id, _seq desc) as latest
    where _op = 'upsert'
        and pg_input_is_valid(document ->> 'created_at', 'timestamptz')
        and pg_input_is_valid(coalesce(document ->> 'first_reply_at', 'epoch'), 'timestamptz')
        and pg_input_is_valid(coalesce(document ->> 'solved_at', 'epoch'), 'timestamptz')
    offset 0
) as read
left join domains using (domain)
where (read.solved_at < read.created_at) is not true
    and (read.first_reply_at < read.created_at) is not true
    and coalesce(read.status, 'open') in ('open', 'pending', 'solved')
