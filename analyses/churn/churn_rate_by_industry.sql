-- Which industries lose the most customers, and how much MRR went with them?
with customers as (
    select account_id, coalesce(industry, 'unknown') as industry, status, mrr
    from {{ ref('dim_accounts') }}
    where first_paid_at is not null
),

churns as (
    select
        account_id,
        mrr_before,
        row_number() over (partition by account_id order by moved_at desc) as latest
    from {{ ref('fct_mrr_movements') }}
    where movement_type = 'churn'
),

sums as (
    select
        customers.industry,
        cast(count(*) as integer) as customers,
        cast(count(*) filter (where customers.status = 'churned') as integer) as churned_customers,
        cast(sum(customers.mrr) as numeric(18, 2)) as mrr,
        -- who came back after churn has lost nothing
        cast(coalesce(sum(churns.mrr_before) filter (where customers.status = 'churned'), 0) as numeric(18, 2))
            as lost_mrr
    from customers
    left join churns on customers.account_id = churns.account_id and churns.latest = 1
    group by customers.industry
),

final as (
    select
        industry,
        customers,
        churned_customers,
        {{ ratio('churned_customers', 'customers') }} as churn_rate,
        mrr,
        lost_mrr
    from sums
)

select * from final
order by churn_rate desc, {{ byte_order('industry') }} asc
