{#- Types and judges the landed rows of the step's loads, into a temporary table. The rows are read once, by parallel
    workers where PostgreSQL has them. -#}
{% macro staged_batch(names, step) -%}
    {%- call statement('loads') -%}
        create temporary table _loads on commit drop as
        select l.load_id, l.position, l.as_of, l.landed, case when l.position > 1 then l.as_of end as known_from
        from {{ staged_values(step) }} as l (load_id, position, as_of, landed)
        where l.load_id is not null;
        analyze _loads;

        create temporary view _typed as
        with _landed as (
            select r.*, l.as_of as _landed_as_of, l.position as _position
            from {{ names.raw }} as r
            inner join {{ staged_values(step) }} as l (load_id, position, as_of, landed) on r._dlt_load_id = l.load_id
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
        set local parallel_tuple_cost = 0.001;
        create temporary table _batch on commit drop as
        select
            {{ step.names }}{{ ',' if columns }}
            _key collate "C" as _key,
            _load_id,
            _seq,
            case when _op = 'delete' then 'd' when _op = 'erase' then 'e' when _reasons is null then 'a' else 'r' end::"char" as _class,
            _reasons
        from _typed;
        {%- if step.marked %}
        -- objects that an API listed twice with other content: landing has marked them
        update _batch as b
        set _class = 'r', _reasons = r._error
        from {{ names.raw }} as r
        where b._seq = r._seq and b._class <> 'e' and r._error is not null and {{ staged_bound(step, 'r') }};
        {%- endif %}
        {%- if step.hand %}
        update _batch as b
        set _class = 'h'
        from quality.accepted as a
        where b._class = 'r' and a.model = '{{ names.model }}' and b._seq = a.seq and a.undone_at is null
            and string_to_array(b._reasons, '; ') <@ a.reasons;
        {%- endif %}
        analyze _batch (_key, _load_id, _class)
    {%- endcall -%}
{%- endmacro %}
