-- A label is there exactly when its window is over, as far as subscriptions have landed; who churns within 30 days churns within 90.
-- The set holds the active accounts of every month, all of them.
with training as (
    select account_id, as_of_month, as_of_at, churned_within_30d, churned_within_90d
    from {{ ref('churn_training_set') }}
),

horizon as (
    select least(max(as_of), {{ as_of() }}) as known_until
    from {{ source('ops', 'landings') }}
    where source = 'app' and table_name = 'subscriptions'
),

active as (
    select account_id, as_of_month from {{ ref('churn_features') }}
    where is_active
)

select training.*
from training
full outer join active
    on training.account_id = active.account_id and training.as_of_month = active.as_of_month
cross join horizon
where training.account_id is null
    or active.account_id is null
    or (churned_within_30d is null) <> ({{ moment_plus_days('as_of_at', 30) }} > horizon.known_until)
    or (churned_within_90d is null) <> ({{ moment_plus_days('as_of_at', 90) }} > horizon.known_until)
    or (churned_within_30d and not churned_within_90d)
