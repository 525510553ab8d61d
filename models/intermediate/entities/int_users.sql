-- Grain: one row per user, those held back left out.
with users as (
    select * from {{ ref('stg_app__users') }}
),

held_back as (
    select distinct user_id from {{ ref('int_users_held_back') }}
),

final as (
    select users.*
    from users
    left join held_back on users.user_id = held_back.user_id
    where held_back.user_id is null
)

select * from final
