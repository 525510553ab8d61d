-- Grain: one row per source, table and staging model: all its loads together.
with balance as (
    select * from {{ ref('ops_balance') }}
),

tables as (
    select * from {{ ref('ops_freshness') }}
),

waiting as (
    select model, cast(sum(open_rows) as bigint) as open_rows
    from {{ ref('ops_quarantine') }}
    group by model
),

-- a load in which nothing came has no row in the ledger, and so no model
models as (
    select distinct source, table_name, model
    from balance
    where model is not null
),

totals as (
    select
        balance.source,
        balance.table_name,
        coalesce(models.model, 'none yet') as model,
        cast(count(distinct balance.load_id) as integer) as loads,
        cast(sum(balance.landed) as bigint) as landed,
        cast(coalesce(sum(balance.accepted), 0) as bigint) as accepted,
        cast(coalesce(sum(balance.accepted_by_hand), 0) as bigint) as accepted_by_hand,
        cast(coalesce(sum(balance.rejected), 0) as bigint) as rejected,
        cast(coalesce(sum(balance.superseded), 0) as bigint) as superseded,
        cast(coalesce(sum(balance.deleted), 0) as bigint) as deleted,
        cast(coalesce(sum(balance.erased), 0) as bigint) as erased,
        coalesce(max(case when balance.verdict <> 'holds' then balance.verdict end), 'holds') as verdict
    from balance
    left join models
        on balance.source = models.source
        and balance.table_name = models.table_name
        and (balance.model = models.model or balance.model is null)
    group by balance.source, balance.table_name, coalesce(models.model, 'none yet')
),

final as (
    select
        totals.*,
        coalesce(waiting.open_rows, 0) as waiting,
        tables.last_source_rows,
        tables.last_as_of
    from totals
    left join waiting on totals.model = waiting.model
    left join tables on totals.source = tables.source and totals.table_name = tables.table_name
)

select * from final
