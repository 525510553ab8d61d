-- The users of known accounts who are not deleted.
select latest.user_id, latest.account_id
from (select distinct on (user_id) * from raw_app.users order by user_id, _seq desc) as latest
join accounts using (account_id)
join ops.landings
    on landings.load_id = latest._dlt_load_id and landings.source = 'app' and landings.table_name = 'users'
where latest._op = 'upsert' and latest.deleted_at is null
    and (latest.created_at > landings.as_of + interval '1 day') is not true
