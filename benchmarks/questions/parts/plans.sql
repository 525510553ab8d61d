-- The plans in their latest version.
select plan_id, code
from (select distinct on (plan_id) * from raw_app.plans order by plan_id, _seq desc) as latest
where _op = 'upsert' and (monthly_price < 0) is not true and (seat_price < 0) is not true
