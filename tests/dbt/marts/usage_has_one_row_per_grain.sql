-- The grain of daily usage; here NULL is a value: an event may have no user, or not be known at as_of.
select 'int_usage_user_daily' as model, account_id, user_id, usage_date, known_month
from {{ ref('int_usage_user_daily') }}
group by account_id, user_id, usage_date, known_month
having count(*) > 1
union all
select 'int_usage_daily' as model, account_id, null as user_id, usage_date, known_month
from {{ ref('int_usage_daily') }}
group by account_id, usage_date, known_month
having count(*) > 1
