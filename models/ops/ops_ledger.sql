-- Grain: one row per model and load, as its newest staging step counted it.
with ledger as (
    select
        *,
        row_number() over (
            partition by model, load_id
            order by built_at desc nulls last, step_id desc nulls last
        ) as newest_first
    from {{ source('steps', 'ledger') }}
),

final as (
    select
        model,
        source,
        table_name,
        load_id,
        run_id,
        as_of,
        built_at,
        full_refresh,
        landed,
        accepted,
        accepted_by_hand,
        rejected,
        superseded,
        deleted,
        erased,
        landed = accepted + accepted_by_hand + rejected + superseded + deleted + erased as balances
    from ledger
    where newest_first = 1
)

select * from final
