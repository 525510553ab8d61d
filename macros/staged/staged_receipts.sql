{#- Every load of the table with its place in the order of arrival, its rows by receipt, and its rows in the ledger. -#}
{% macro staged_receipts(names) -%}
    {%- call statement('receipts', fetch_result=true) -%}
        with receipts as (
            select load_id, max(as_of) as as_of, sum(landed)::bigint as landed, max(landed_at) as landed_at,
                bool_or(in_lake and landed > 0) as in_lake
            from ops.landings
            where source = '{{ names.source }}' and table_name = '{{ names.source_table }}'
            group by load_id
        ),

        staged as (
            select distinct on (load_id) load_id, landed
            from {{ names.ledger }}
            where model = '{{ names.model }}'
            order by load_id, built_at desc
        )

        select
            load_id,
            as_of::text,
            row_number() over (order by receipts.landed_at, load_id) as place,
            receipts.landed,
            staged.landed,
            receipts.in_lake
        from receipts full join staged using (load_id)
        order by place
    {%- endcall -%}
    {{ return(load_result('receipts').table.rows) }}
{%- endmacro %}
