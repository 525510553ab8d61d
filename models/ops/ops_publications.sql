-- Grain: one row per publication and mart.
with publications as (
    select * from {{ source('ops', 'publications') }}
),

tables as (
    select * from {{ source('ops', 'publication_tables') }}
),

final as (
    select
        publications.publication_id,
        tables.mart,
        publications.run_id,
        publications.as_of,
        publications.published_at,
        publications.rolled_back_at,
        tables.inserted,
        tables.updated,
        tables.deleted,
        tables.rows
    from publications
    inner join tables on publications.publication_id = tables.publication_id
)

select * from final
