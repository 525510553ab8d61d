{#- An empty table of the model's shape: emptied where the shape is the same, so that views, grants and indexes on it
    stay; else made anew. Never dropped with CASCADE. -#}
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

{#- The index on the key goes while the table is filled: to make it at the end is cheaper than to keep it. -#}
{% macro staged_drop_key_index(names) -%}
    do $weir$
    declare
        name text;
    begin
        for name in
            select i.indexrelid::regclass::text
            from pg_index as i
            where i.indrelid = {{ staged_literal(names.table) }}::regclass and i.indisunique and i.indkey::text = (
                select a.attnum::text from pg_attribute as a where a.attrelid = i.indrelid and a.attname = '_key'
            )
        loop
            execute 'drop index ' || name;
        end loop;
    end
    $weir$
{%- endmacro %}

{#- A table of a new shape in the old one's place. Views that read it are made again from their definitions; one that
    asks for a column that is gone stays away, with a warning, until dbt builds it. -#}
{% macro staged_replace(names) -%}
    do $weir$
    declare
        old regclass := to_regclass({{ staged_literal(names.table) }});
        reader record;
    begin
        create temporary table _readers on commit drop as
        with recursive readers as (
            select old::oid as oid, 0 as level
            union
            select r.ev_class, readers.level + 1
            from readers
            inner join pg_depend as d on d.refobjid = readers.oid and d.refclassid = 'pg_class'::regclass
            inner join pg_rewrite as r on d.objid = r.oid and d.classid = 'pg_rewrite'::regclass
            where r.ev_class <> readers.oid and readers.level < 50
        )

        select oid::regclass::text as name, pg_get_viewdef(oid) as definition, max(level) as level
        from readers
        where level > 0 and oid in (select c.oid from pg_class as c where c.relkind = 'v')
        group by oid;

        for reader in select * from _readers order by level desc loop
            execute 'drop view ' || reader.name;
        end loop;
        drop table if exists {{ names.table }};
        create table {{ names.table }} (like _shape);
        for reader in select * from _readers order by level loop
            begin
                execute 'create view ' || reader.name || ' as ' || reader.definition;
            exception when others then
                raise warning 'view % does not fit the new % any more: build it again', reader.name,
                    {{ staged_literal(names.table) }};
            end;
        end loop;
    end
    $weir$
{%- endmacro %}
