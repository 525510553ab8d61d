-- A running subscription, or one without a price, is not lost: only those that start later have no period.
select subscriptions.subscription_id, subscriptions.started_at
from {{ ref('int_subscriptions') }} as subscriptions
left join {{ ref('int_subscription_periods') }} as periods
    on subscriptions.subscription_id = periods.subscription_id
where periods.subscription_id is null
    and coalesce(subscriptions.started_at < {{ as_of() }}, true)
