{#- The start of the batch that a moment or date falls into; '-infinity' is the batch of those that have none. -#}
{% macro batched_start(column, size) -%}
    coalesce(date_trunc('{{ size }}', cast({{ column }} as timestamptz)), '-infinity'::timestamptz)
{%- endmacro %}

{#- The hash of a row's columns, by name; a type that has no hash is taken as its text. It is the one of
    weir/publish/digests.py, so that the digests of batches add up to the digest of a published table. The hash of a record is a
    weighted sum of those of its columns, which two rows that exchange a value leave as it is: so it is hashed again. -#}
{% macro batched_hash(columns, alias) -%}
    {%- set parts = [] -%}
    {%- for column in columns | sort(attribute='plain', case_sensitive=true) -%}
        {%- set name = alias ~ '.' ~ column.name -%}
        {%- do parts.append(name if column.hashed else name ~ '::text') -%}
    {%- endfor -%}
    hashtextextended(hash_record_extended(row({{ parts | join(', ') }}), 0)::text, 0)
{%- endmacro %}

{#- A type by how its values look as text: keys of two relations are the same only where these agree. -#}
{% macro batched_looks(type) -%}
    {{ return('integer' if type in ['smallint', 'integer', 'bigint'] else 'text' if type == 'character varying' else type) }}
{%- endmacro %}

{#- The columns of a relation, or of those only that a view (`reader`) reads of it: name as SQL, plain name, type. A view
    that uses a row as a whole reads all of them. -#}
{% macro batched_columns(relation, reader=none) -%}
    {%- call statement('columns', fetch_result=true) -%}
        select quote_ident(a.attname), a.attname::text, format_type(a.atttypid, a.atttypmod),
            split_part(format_type(a.atttypid, a.atttypmod), '(', 1) in (
                'smallint', 'integer', 'bigint', 'numeric', 'text', 'character varying', 'boolean', 'date', 'uuid', 'jsonb',
                'timestamp without time zone', 'timestamp with time zone', 'real', 'double precision'
            )
        from pg_attribute as a
        where a.attrelid = to_regclass({{ staged_literal(relation) }}) and a.attnum > 0 and not a.attisdropped
            {%- if reader %}
            and (
                exists (
                    select from pg_rewrite as r
                    inner join pg_depend as d
                        on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
                    where r.ev_class = to_regclass({{ staged_literal(reader) }})
                        and d.refobjid = a.attrelid and d.refobjsubid = a.attnum
                )
                or exists (
                    select from pg_rewrite as r
                    where r.ev_class = to_regclass({{ staged_literal(reader) }})
                        and r.ev_action::text like '%:varattno 0 %'
                )
            )
            {%- endif %}
        order by a.attnum
    {%- endcall -%}
    {%- set found = [] -%}
    {%- for row in load_result('columns').table.rows -%}
        {%- do found.append({'name': row[0], 'plain': row[1], 'type': row[2], 'hashed': row[3]}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
