{#- Makes an empty table of the model's shape. A table of the same shape is emptied, so that its views, grants and indexes
    stay; another one is made anew. Nothing is ever dropped with CASCADE. -#}
{% macro staged_make(names, step) -%}
    {%- call statement('shape', fetch_result=true) -%}
        create temporary table _shape (
            {%- for column in step.columns %}{{ column.name }} {{ column.type }}, {% endfor -%}
            _load_id text, _key text collate "C", _known_from timestamp with time zone
        ) on commit drop;
        select {{ staged_shape_of(staged_literal(names.table)) }} is not distinct from {{ staged_shape_of("'pg_temp._shape'") }}
    {%- endcall -%}
    {%- set step.kept = load_result('shape').table.rows[0][0] -%}
    {%- call statement('make') -%}
        {%- if step.kept %}
            truncate {{ names.table }};
            {{ staged_drop_key_index(names) }}
        {%- else %}
            {{ staged_replace(names) }}
        {%- endif %}
    {%- endcall -%}
{%- endmacro %}

{% macro staged_shape_of(name) -%}
    (
        select array_agg(row(attname, atttypid, atttypmod, attcollation)::text order by attnum)
        from pg_attribute
        where attrelid = to_regclass({{ name }}) and attnum > 0 and not attisdropped
    )
{%- endmacro %}

{#- Drops the index on the key before the table is filled: making the index at the end is cheaper than keeping it. -#}
{% macro staged_drop_key_index(names) -%}
    {{ staged_drop_indexes(names, "i.indisunique and i.indkey::text = (
                select a.attnum::text from pg_attribute as a where a.attrelid = i.indrelid and a.attname = '_key'
            )") }}
{%- endmacro %}

{#- Drops the indexes (alias i) of the table that meet the condition. -#}
{% macro staged_drop_indexes(names, condition) -%}
    do $weir$
    declare
        name text;
    begin
        for name in
            select i.indexrelid::regclass::text
            from pg_index as i
            where i.indrelid = {{ staged_literal(names.table) }}::regclass and {{ condition }}
        loop
            execute 'drop index ' || name;
        end loop;
    end
    $weir$
{%- endmacro %}
