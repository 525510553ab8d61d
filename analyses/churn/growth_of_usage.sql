-- Whose usage grew most in the last four weeks?
with features as (
    select * from {{ ref('churn_features') }}
),

months as (
    select max(as_of_month) as newest_month from {{ ref('churn_features') }}
),

accounts as (
    select account_id, name from {{ ref('dim_accounts') }}
),

ranked as (
    select
        *,
        events_28d - events_prior_28d as growth,
        row_number() over (order by events_28d - events_prior_28d desc, account_id asc) as place
    from features
    inner join months on features.as_of_month = months.newest_month
    where is_active
),

final as (
    select
        cast(ranked.place as integer) as place,
        ranked.account_id,
        accounts.name,
        ranked.plan_code,
        ranked.events_prior_28d,
        ranked.events_28d,
        ranked.growth,
        ranked.usage_trend_28d
    from ranked
    inner join accounts on ranked.account_id = accounts.account_id
    where ranked.place <= 20
)

select * from final
order by place
