{#- When something about a row became known, from the change log, for a fact that comes after the row itself (an end,
    a reply). One row per key of which the predicate holds now: since when it has, without a break, as known_from;
    NULL where since the table's first load, like _known_from. relation may be the name of a CTE that keeps
    _op, _seq and _dlt_load_id; key is SQL of its key. -#}
{% macro learned(relation, source_name, table_name, key, predicate) -%}
    (
        with loads as (
            select load_id, max(as_of) as as_of, row_number() over (order by max(landed_at), load_id) as place
            from {{ source('ops', 'landings') }}
            where source = '{{ source_name }}' and table_name = '{{ table_name }}'
            group by load_id
        ),

        versions as (
            select
                cast({{ key }} as {{ dbt.type_string() }}) as key,
                _dlt_load_id as load_id,
                _seq as seq,
                coalesce({{ predicate }}, false) as holds
            from {{ relation }}
            where _op = 'upsert'
        ),

        broken as (
            select *, max(case when holds then 0 else seq end) over (partition by key) as last_break
            from versions
        )

        select broken.key, case when min(loads.place) > 1 then min(loads.as_of) end as known_from
        from broken
        inner join loads on broken.load_id = loads.load_id
        where broken.seq > broken.last_break
        group by broken.key
    )
{%- endmacro %}
