-- The same subscriptions, with the load from which each is known, and that from which its end is: NULL for the first.
select
    subscriptions.*,
    greatest(subscriptions.started_at, story.known_from) as known_at,
    greatest(subscriptions.ended_at, story.end_known_from) as end_known_at
from subscriptions
join (
    select
        subscription_id,
        (array_agg(nullif(as_of, first_as_of) order by _seq) filter (where _seq > last_bad))[1] as known_from,
        (array_agg(nullif(as_of, first_as_of) order by _seq) filter (where _seq > last_open))[1] as end_known_from
    from (
        select
            versions.subscription_id, versions._seq, loads.as_of, loads.first_as_of,
            coalesce(max(versions._seq) filter (where
                versions._op <> 'upsert' or versions.ended_at < versions.started_at or versions.seats < 0 or versions.mrr < 0
            ) over story, 0) as last_bad,
            coalesce(max(versions._seq) filter (where versions.ended_at is null) over story, 0) as last_open
        from raw_app.subscriptions as versions
        join (
            select load_id, as_of, first_value(as_of) over (order by landed_at, load_id) as first_as_of
            from ops.landings
            where source = 'app' and table_name = 'subscriptions'
        ) as loads on loads.load_id = versions._dlt_load_id
        window story as (partition by versions.subscription_id)
    ) as judged
    group by subscription_id
) as story using (subscription_id)
