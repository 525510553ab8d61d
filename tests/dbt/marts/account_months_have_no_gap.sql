-- From an account's first month to the one running at as_of there is one row for each;
-- features begin when it is known.
with counted as (
    select
        account_id,
        count(*) as months,
        count(*) filter (where is_known) as known_months,
        min(month) as first_month,
        min(month) filter (where is_known) as first_known_month,
        max(month) as last_month
    from {{ ref('int_account_months') }}
    group by account_id
),

features as (
    select account_id, count(*) as rows_of_features from {{ ref('churn_features') }}
    group by account_id
)

select counted.*, features.rows_of_features
from counted
left join features on counted.account_id = features.account_id
where last_month <> (select max(month) from {{ ref('int_months') }})
    or months <> (select count(*) from {{ ref('int_months') }} where month >= first_month)
    or known_months <> (select count(*) from {{ ref('int_months') }} where month >= first_known_month)
    or known_months <> coalesce(features.rows_of_features, 0)
