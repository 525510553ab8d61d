-- Grain: one row per source, table and load: what its receipts say against what staging counted.
with landings as (
    select
        source,
        table_name,
        load_id,
        sum(landed) as landed,
        max(as_of) as as_of,
        max(landed_at) as landed_at
    from {{ source('ops', 'landings') }}
    group by source, table_name, load_id
),

ledger as (
    select * from {{ ref('ops_ledger') }}
),

final as (
    select
        coalesce(landings.source, ledger.source) as source,
        coalesce(landings.table_name, ledger.table_name) as table_name,
        coalesce(landings.load_id, ledger.load_id) as load_id,
        landings.as_of,
        landings.landed_at,
        ledger.model,
        cast(landings.landed as bigint) as landed,
        ledger.landed as counted,
        ledger.accepted,
        ledger.accepted_by_hand,
        ledger.rejected,
        ledger.superseded,
        ledger.deleted,
        ledger.erased,
        case
            when landings.load_id is null then 'no receipt'
            when ledger.load_id is null and landings.landed = 0 then 'holds'
            when ledger.load_id is null then 'not staged'
            when landings.landed <> ledger.landed then 'rows lost or doubled'
            when not ledger.balances then 'rows unaccounted for'
            else 'holds'
        end as verdict
    from landings
    full outer join ledger
        on landings.source = ledger.source
        and landings.table_name = ledger.table_name
        and landings.load_id = ledger.load_id
)

select * from final
