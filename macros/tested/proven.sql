{#- Whether the catalog proves what a test claims, so that the test need not read the table. -#}

{#- SQL condition: a valid unique index on these columns, or on some of them, proves that no two rows agree in all of
    them, NULL apart. A partial or invalid index proves nothing, nor does one on expressions. -#}
{% macro proven_unique(relation, columns) -%}
    {{ return(adapter.dispatch('proven_unique', 'weir')(relation, columns)) }}
{%- endmacro %}

{% macro default__proven_unique(relation, columns) -%} false {%- endmacro %}

{% macro postgres__proven_unique(relation, columns) -%}
    {%- set table = tested_table(relation) -%}
    {%- if not table -%}{{ return('false') }}{%- endif -%}
    exists (
        select from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as c on i.indrelid = c.oid
        where i.indrelid = to_regclass({{ staged_literal(table) }})
            and i.indisunique and i.indisvalid and i.indisready and i.indimmediate
            and i.indpred is null and i.indexprs is null
            -- a row of a child table stands in no index of its parent
            and (c.relkind = 'p' or not c.relhassubclass)
            and not exists (
                select from generate_series(0, i.indnkeyatts - 1) as n
                inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = i.indkey[n]
                inner join pg_catalog.pg_opclass as o on o.oid = i.indclass[n]
                where not (
                    a.attname::text = any({{ tested_names(columns) }})
                    and o.opcdefault and i.indcollation[n] = a.attcollation
                )
            )
    )
{%- endmacro %}

{#- SQL condition: the column says of each row what the key says by which a staged model tells its rows apart. A unique
    index on that key then proves that no two rows agree in the column, and that none is NULL. The new rows alone prove
    nothing: an old one may say in the column what is the key of a new one. -#}
{% macro proven_by_key(relation, columns) -%}
    {%- set node = graph.nodes.get(model.attached_node) if model is mapping and execute else none -%}
    {%- if target.type != 'postgres' or columns | length != 1 or not node or node.config.materialized != 'staged' or not tested_table(relation) -%}
        {{ return('false') }}
    {%- endif -%}
    (
        {{ proven_unique(relation, ['_key']) }}
        and not exists (
            select from {{ relation }} where cast({{ columns[0] }} as text) is distinct from _key
        )
    )
{%- endmacro %}

{#- SQL condition: all of these columns are NOT NULL, by a constraint that was checked on the rows that are there. -#}
{% macro proven_never_null(relation, columns) -%}
    {{ return(adapter.dispatch('proven_never_null', 'weir')(relation, columns)) }}
{%- endmacro %}

{% macro default__proven_never_null(relation, columns) -%} false {%- endmacro %}

{% macro postgres__proven_never_null(relation, columns) -%}
    {%- set table = tested_table(relation) -%}
    {%- if not table -%}{{ return('false') }}{%- endif -%}
    (
        select count(*) = {{ columns | unique | list | length }}
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on a.attrelid = c.oid
        where a.attrelid = to_regclass({{ staged_literal(table) }})
            and a.attname::text = any({{ tested_names(columns) }})
            and a.attnotnull and not a.attisdropped
            and (c.relkind = 'p' or c.relkind = 'r' and not c.relhassubclass)
            and not exists (
                select from pg_catalog.pg_constraint as n
                where n.conrelid = a.attrelid and n.contype = 'n' and n.conkey = array[a.attnum] and not n.convalidated
            )
    )
{%- endmacro %}

{#- The tested table's name; empty where the test reads a part of it alone (`where`), of which no catalog knows. -#}
{% macro tested_table(relation) -%}
    {{ return('' if relation is string else relation | string) }}
{%- endmacro %}

{#- The columns' names as the catalog has them, as an SQL array. -#}
{% macro tested_names(columns) -%}
    {%- set names = [] -%}
    {%- for column in columns -%}
        {%- if column.startswith('"') -%}
            {%- do names.append(staged_literal(column[1:-1] | replace('""', '"'))) -%}
        {%- else -%}
            {%- do names.append(staged_literal(column | lower)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return('array[' ~ names | join(', ') ~ ']::text[]') }}
{%- endmacro %}
