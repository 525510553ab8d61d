-- The events of known accounts, in both shapes that the documents have had.
select accounts.account_id, read.person::bigint as user_id, read.event_type, read.occurred_at
from (
    select
        account, person, event_type, load_id,
        case when moment like '____-__-__T__:__:__%' and pg_input_is_valid(moment, 'timestamptz') then moment::timestamptz end
            as occurred_at
    from (
        select distinct on (_id)
            _op, _error, _dlt_load_id as load_id,
            coalesce(document ->> 'account_id', document #>> '{account,id}') as account,
            coalesce(document ->> 'user_id', document #>> '{user,id}') as person,
            coalesce(document ->> 'type', document ->> 'event') as event_type,
            coalesce(document ->> 'ts', document ->> 'occurred_at') as moment
        from raw_product.events
        order by _id, _seq desc
    ) as latest
    where _op = 'upsert' and _error is null and event_type is not null and coalesce(person, '0') ~ '^[0-9]{1,18}$'
    offset 0
) as read
join accounts on accounts.account_id::text = read.account
join ops.landings
    on landings.load_id = read.load_id and landings.source = 'product' and landings.table_name = 'events'
where read.occurred_at <= landings.as_of + interval '1 day'
