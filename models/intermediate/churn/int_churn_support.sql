-- Grain: one row per account and month with a ticket known at the month's as-of moment.
{{ config(
    materialized='batched', event_time='month', batch_size='month', by='account_id',
    indexes=[{'columns': ['account_id', 'month'], 'unique': true}]
) }}

with account_months as (
    select account_id, month, as_of_at, as_of_date from {{ ref('int_account_months') }}
    where is_known
),

tickets as (
    select
        account_id, created_at, first_reply_at, closed_at, known_at, reply_known_at, close_known_at
    from {{ ref('int_ticket_states') }}
    where account_id is not null
),

known as (
    select
        account_months.account_id,
        account_months.month,
        account_months.as_of_at,
        account_months.as_of_date,
        tickets.created_at,
        coalesce(
            tickets.closed_at >= account_months.as_of_at
            or tickets.close_known_at > account_months.as_of_at, true
        ) as is_open,
        coalesce(
            tickets.first_reply_at >= account_months.as_of_at
            or tickets.reply_known_at > account_months.as_of_at, true
        ) as is_unanswered
    from account_months
    inner join tickets
        on account_months.account_id = tickets.account_id
        and tickets.created_at < account_months.as_of_at
        and tickets.known_at <= account_months.as_of_at
),

final as (
    select
        account_id,
        month,
        {%- for days in [28, 90] %}
        cast(count(*) filter (where created_at >= {{ moment_plus_days('as_of_at', -days) }}) as integer)
            as tickets_{{ days }}d,
        {%- endfor %}
        cast(count(*) filter (where is_open) as integer) as open_tickets,
        cast(count(*) filter (where is_open and is_unanswered) as integer) as unanswered_tickets,
        max({{ days_between(utc_date('created_at'), 'as_of_date') }}) filter (where is_open)
            as oldest_open_ticket_days
    from known
    group by account_id, month
)

select * from final
