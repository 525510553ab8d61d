-- Grain: one row per account and as-of month in which the account was active, so that it could churn.
{{ config(
    materialized='batched', event_time='as_of_month', batch_size='month', by='account_id',
    reach={'int_known_until': -4},
    indexes=[{'columns': ['account_id', 'as_of_month'], 'unique': true}, {'columns': ['as_of_month']}]
) }}

with features as (
    select * from {{ ref('churn_features') }}
    where is_active
),

churns as (
    select account_id, moved_at from {{ ref('fct_mrr_movements') }}
    where movement_type = 'churn'
),

months as (
    select account_id, month, mrr_at_end from {{ ref('int_account_months') }}
),

-- the labels of the four months before it become known as it moves
horizon as (
    select known_until from {{ ref('int_known_until') }}
),

-- an end that was heard of late lies before as_of_at: the account was lost already, though nobody knew
next_churns as (
    select
        features.account_id,
        features.as_of_month,
        case
            when max(months.mrr_at_end) = 0 then min(features.as_of_at)
            else min(churns.moved_at)
        end as churned_at
    from features
    inner join months
        on features.account_id = months.account_id and features.as_of_month = months.month
    left join churns
        on features.account_id = churns.account_id and churns.moved_at >= features.as_of_at
    group by features.account_id, features.as_of_month
),

final as (
    select
        features.*,
        {%- for days in [30, 90] %}
        -- unknown until the whole window is known, also where the account has churned in it already
        case
            when {{ moment_plus_days('features.as_of_at', days) }} <= horizon.known_until
                then coalesce(next_churns.churned_at < {{ moment_plus_days('features.as_of_at', days) }}, false)
        end as churned_within_{{ days }}d{{ ',' if not loop.last }}
        {%- endfor %}
    from features
    inner join next_churns
        on features.account_id = next_churns.account_id and features.as_of_month = next_churns.as_of_month
    cross join horizon
)

select * from final
