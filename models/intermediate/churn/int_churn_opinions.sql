-- Grain: one row per account and month with an answer known at the month's as-of moment.
{{ config(
    materialized='batched', event_time='month', batch_size='month', by='account_id',
    indexes=[{'columns': ['account_id', 'month'], 'unique': true}]
) }}

with account_months as (
    select account_id, month, as_of_at from {{ ref('int_account_months') }}
    where is_known
),

tickets as (
    select ticket_id, account_id, known_at from {{ ref('int_ticket_states') }}
),

ratings as (
    select
        rating_id, ticket_id, account_id, score, created_at, {{ known_at('created_at') }} as known_at
    from {{ ref('int_satisfaction_ratings') }}
),

answers as (
    select
        'nps' as kind,
        account_id,
        response_id as answer_id,
        score,
        responded_at as answered_at,
        {{ known_at('responded_at') }} as known_at
    from {{ ref('int_nps_answers') }}
    union all
    select
        'satisfaction' as kind,
        ratings.account_id,
        cast(ratings.rating_id as {{ dbt.type_string() }}) as answer_id,
        ratings.score,
        ratings.created_at as answered_at,
        -- the account of a rating is known only when its ticket is
        greatest(ratings.known_at, tickets.known_at) as known_at
    from ratings
    inner join tickets on ratings.ticket_id = tickets.ticket_id
),

ranked as (
    select
        account_months.account_id,
        account_months.month,
        answers.kind,
        answers.score,
        answers.answered_at,
        row_number() over (
            partition by account_months.account_id, account_months.month, answers.kind
            order by answers.answered_at desc, answers.answer_id desc
        ) as latest
    from account_months
    inner join answers
        on account_months.account_id = answers.account_id
        and answers.answered_at < account_months.as_of_at
        and answers.known_at <= account_months.as_of_at
),

final as (
    select
        account_id,
        month,
        max(score) filter (where kind = 'nps') as last_nps_score,
        max(answered_at) filter (where kind = 'nps') as last_nps_at,
        max(score) filter (where kind = 'satisfaction') as last_satisfaction_score,
        max(answered_at) filter (where kind = 'satisfaction') as last_satisfaction_at
    from ranked
    where latest = 1
    group by account_id, month
)

select * from final
