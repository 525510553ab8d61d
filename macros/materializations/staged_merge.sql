{#- The accepted rows into the table: keys that the step brings are taken out, then what was accepted last goes in. -#}
{% macro staged_merge(names, step) -%}
    {%- if step.full -%}
        {%- do staged_make(names, step) -%}
    {%- else -%}
        {%- call statement('take_out') -%}
            create temporary table _before (_key text collate "C", _known_from timestamptz) on commit drop;
            with gone as (
                delete from {{ names.table }} where _key in (select b._key from _batch as b)
                returning _key, _known_from
            )

            insert into _before select _key, _known_from from gone;
            analyze _before
        {%- endcall -%}
    {%- endif -%}
    {%- set start = staged_told(step, 'run_start', 'own.position') -%}
    {%- set step.main -%}
        insert into {{ names.table }} ({{ step.names }}{{ ', ' if step.columns }}_load_id, _key, _known_from)
        select
            {% for column in step.columns %}b.{{ column.name }}, {% endfor %}b._load_id, b._key,
            {% if step.full -%}
                began.known_from
            {%- else -%}
                case
                    when p._key is not null and {{ staged_told(step, 'unbroken', 'true') }} then p._known_from
                    else began.known_from
                end
            {%- endif %}
        {{ staged_join(step) }}
        inner join _loads as own on b._load_id = own.load_id
        inner join _loads as began on began.position = {{ start }}
        {%- if not step.full %}
        left join _before as p on b._key = p._key
        {%- endif %}
        where b._class = 'a' and {{ staged_told(step, 'is_final', 'true') }}
    {%- endset -%}
    {%- call statement('merge') -%} {{ step.main }} {%- endcall -%}
    {%- if step.full -%}
        {%- call statement('index') -%}
            create unique index on {{ names.table }} (_key);
            analyze {{ names.table }}
        {%- endcall -%}
        {%- if not step.kept -%}{%- do create_indexes(this) -%}{%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- An empty table of the model's shape: emptied where the shape is the same, so that views, grants and indexes on it
    stay; else made anew. Never dropped with CASCADE. -#}
{% macro staged_make(names, step) -%}
    {%- set shape -%}
        (
            {%- for column in step.columns %}{{ column.name }} {{ column.type }}, {% endfor -%}
            _load_id text, _key text collate "C", _known_from timestamp with time zone
        )
    {%- endset -%}
    {%- call statement('shape', fetch_result=true) -%}
        create temporary table _shape {{ shape }} on commit drop;
        select coalesce(
            (
                select array_agg(row(attname, atttypid, atttypmod, attcollation)::text order by attnum)
                from pg_attribute
                where attrelid = to_regclass('{{ names.table }}') and attnum > 0 and not attisdropped
            ) = (
                select array_agg(row(attname, atttypid, atttypmod, attcollation)::text order by attnum)
                from pg_attribute
                where attrelid = 'pg_temp._shape'::regclass and attnum > 0
            ),
            false
        )
    {%- endcall -%}
    {%- set step.kept = load_result('shape').table.rows[0][0] -%}
    {%- call statement('make') -%}
        {%- if step.kept %}
            truncate {{ names.table }};
            do $$
            declare
                name text;
            begin
                for name in
                    select i.indexrelid::regclass::text
                    from pg_index as i
                    where i.indrelid = '{{ names.table }}'::regclass and i.indisunique
                        and pg_get_indexdef(i.indexrelid) like '%(\_key)'
                loop
                    execute 'drop index ' || name;
                end loop;
            end
            $$
        {%- else %}
            drop table if exists {{ names.table }};
            create table {{ names.table }} {{ shape }}
        {%- endif %}
    {%- endcall -%}
{%- endmacro %}
