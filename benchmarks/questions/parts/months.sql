-- The months, from the first account's or subscription's to the one that is running at as_of.
select
    starts_at, starts_at::date as month,
    least(starts_at + interval '1 month', :as_of) as ends_at,
    starts_at + interval '1 month' <= :as_of as is_over
from generate_series(
    date_trunc('month', (
        select least((select min(created_at) from accounts), (select min(started_at) from subscriptions))
    )),
    :as_of - interval '1 microsecond',
    interval '1 month'
) as starts_at
