-- How many people use the product on each plan, and how many of the seats do they fill?
with accounts as (
    select account_id, plan_code, seats from {{ ref('dim_accounts') }}
    where status = 'active'
),

people as (
    select
        account_id,
        count(*) as users,
        count(*) filter (where last_event_at >= {{ moment_plus_days(as_of(), -28) }}) as active_users
    from {{ ref('dim_users') }}
    where not is_deleted
    group by account_id
),

sums as (
    select
        accounts.plan_code,
        cast(count(*) as integer) as accounts,
        cast(sum(accounts.seats) as integer) as seats,
        cast(coalesce(sum(people.users), 0) as integer) as users,
        cast(coalesce(sum(people.active_users), 0) as integer) as active_users
    from accounts
    left join people on accounts.account_id = people.account_id
    group by accounts.plan_code
),

final as (
    select
        *,
        {{ ratio('active_users', 'users') }} as active_share,
        {{ ratio('active_users', 'seats') }} as seats_used
    from sums
)

select * from final
order by {{ byte_order('plan_code') }}
