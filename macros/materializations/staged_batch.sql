{#- The landed rows of the step's loads, typed and judged, in a temporary table with an index for nothing: one pass. -#}
{% macro staged_batch(names, step) -%}
    {%- call statement('loads') -%}
        create temporary table _loads on commit drop as
        select l.load_id, l.position, l.as_of, l.landed, case when l.position > 1 then l.as_of end as known_from
        from (values
            (null::text, null::bigint, null::timestamptz, null::bigint)
            {%- for load in step.loads %},
            ({{ staged_literal(load.load_id) }}, {{ load.position }}, '{{ load.as_of }}', {{ load.landed }})
            {%- endfor %}
        ) as l (load_id, position, as_of, landed)
        where l.load_id is not null;
        analyze _loads;

        create temporary view _typed as
        with _landed as (
            select r.*, l.as_of as _landed_as_of, l.position as _position
            from {{ names.raw }} as r
            inner join _loads as l on r._dlt_load_id = l.load_id
            where {{ staged_bound(step, 'r') }}
        ),

        _model as (
            {{ staged_bounded(names) }}
        )

        select * from _model
    {%- endcall -%}
    {%- call statement('columns', fetch_result=true) -%}
        select quote_ident(attname), format_type(atttypid, atttypmod), attname::text
        from pg_attribute
        where attrelid = 'pg_temp._typed'::regclass and attnum > 0
        order by attnum
    {%- endcall -%}
    {%- set columns, carried = [], [] -%}
    {%- for row in load_result('columns').table.rows -%}
        {%- if row[2] in ['_load_id', '_op', '_seq', '_as_of', '_carried', '_key', '_reasons', '_unreadable', '_place']
            or row[2].startswith('_given_') or row[2].startswith('_raw_key_') -%}
            {%- do carried.append(row[2]) -%}
        {%- else -%}
            {%- do columns.append({'name': row[0], 'type': row[1]}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if '_seq' not in carried or '_reasons' not in carried -%}
        {%- do exceptions.raise_compiler_error('a staged model ends its typed CTE with carry() and its select with reject()') -%}
    {%- endif -%}
    {%- set step.columns = columns -%}
    {%- set step.names = columns | map(attribute='name') | join(', ') -%}
    {%- call statement('batch') -%}
        create temporary table _batch on commit drop as
        select
            {{ step.names }}{{ ',' if columns }}
            _key collate "C" as _key,
            _load_id,
            _seq,
            case when _op = 'delete' then 'd' when _reasons is null then 'a' else 'r' end::"char" as _class,
            _reasons
        from _typed;
        analyze _batch (_key, _load_id, _class)
    {%- endcall -%}
{%- endmacro %}

{#- The model's SQL over the landed rows of the step. `offset 0` (behind typed, and behind a CTE that only reads raw)
    keeps PostgreSQL from computing a column again for every use of it: more than half of the time. -#}
{% macro staged_bounded(names) -%}
    {%- set code = sql | replace(as_of(), '_landed_as_of') -%}
    {%- set code = modules.re.sub('(true as _carried\\s+from\\s[^()]+)[)]', '\\1 offset 0)', code) -%}
    {%- set code = modules.re.sub(modules.re.escape(names.raw) ~ '(\\s*[)])', '_landed offset 0\\1', code) -%}
    {{ return(code | replace(names.raw, '_landed')) }}
{%- endmacro %}

{#- The bound of a read of raw: the step's loads, told one by one so that the block-range index can serve. -#}
{% macro staged_bound(step, alias) -%}
    {%- if not step.loads -%}
        false
    {%- else -%}
        {{ alias }}._dlt_load_id in (
            {%- for load in step.loads %}{{ staged_literal(load.load_id) }}{{ ', ' if not loop.last }}{% endfor -%}
        )
    {%- endif -%}
{%- endmacro %}

{% macro staged_literal(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}
