{#- Types and judges the landed rows of the step's loads into a table of the step, with what becomes of each. For the
    versions of a key in several loads see staged_versions, which says the same for PostgreSQL. -#}
{% macro spark_staged_batch(names, step) -%}
    {%- set code = sql | replace(as_of(), '_landed_as_of') | replace(names.raw, '_landed') -%}
    {%- call statement('batch') -%}
        create table {{ names.step }} using parquet as
        with _loads as (
            {{ spark_staged_loads(step) }}
        ),

        _landed as (
            select /*+ broadcast(l) */ r.*, l.as_of as _landed_as_of
            from {{ names.raw }} as r
            inner join _loads as l on r._dlt_load_id = l.load_id
            where {{ spark_staged_bound(step, 'r') }}
        ),

        _model as (
            {{ code }}
        ),

        _judged as (
            select m.* except (_reasons),
                {% if step.marked -%}
                -- objects that an API listed twice with other content: landing has marked them
                case when m._op <> 'erase' and x._error is not null then x._error else m._reasons end as _reasons,
                {%- else -%} m._reasons, {%- endif %}
                l.position as _position, l.as_of as _load_as_of
            from _model as m
            inner join _loads as l on m._load_id = l.load_id
            {%- if step.marked %}
            left join _landed as x on m._seq = x._seq and x._error is not null
            {%- endif %}
        ),

        _arrived as (
            select /*+ broadcast(a) */ j.*,
                case when j._op = 'erase' then 'e' {% if step.marked %}when j._op = 'delete' and j._reasons is not null then 'r' {% endif %}
                    when j._op = 'delete' then 'd' when j._reasons is null then 'a'
                    {% if step.hand %}when a.seq is not null then 'h'{% endif %} else 'r' end as _class,
                lead(j._position) over (partition by j._key order by j._position, j._seq) is not distinct from j._position
                    as _superseded
                {%- if step.hand %}, case when a.seq is not null then a.as_of end as _accepted_at {%- endif %}
            from _judged as j
            {%- if step.hand %}
            left join {{ names.acceptances }} as a
                on a.model = {{ spark_literal(names.model) }} and j._seq = a.seq and a.undone_at is null
                and size(array_except(split(j._reasons, '; '), a.reasons)) = 0
            {%- endif %}
        ),

        _runs as (
            select *, sum(case when _class <> 'a' and not _superseded then 1 else 0 end)
                over (partition by _key order by _position, _seq rows unbounded preceding) as _breaks
            from _arrived
        ),

        _told as (
            select *,
                row_number() over story = 1 and not _superseded as _is_first,
                lead(_load_as_of) over story as _next_as_of,
                lead(_class) over story as _next_class,
                min(case when _class in ('a', 'h') then _position end) over (partition by _key, _superseded, _breaks) as _run_start
            from _runs
            window story as (partition by _key, _superseded order by _position)
        )

        select /*+ broadcast(l) */ t.*, t._next_class is null and not t._superseded as _is_final,
            case when l.position > 1 then l.as_of end as _began
        from _told as t left join _loads as l on t._run_start = l.position
    {%- endcall -%}
    {%- set own = ['_load_id', '_op', '_seq', '_as_of', '_carried', '_key', '_reasons', '_unreadable', '_place', '_position',
        '_load_as_of', '_class', '_superseded', '_breaks', '_is_first', '_next_as_of', '_next_class', '_run_start', '_is_final',
        '_began', '_accepted_at'] -%}
    {%- for column in adapter.get_columns_in_relation(api.Relation.create(schema=this.schema, identifier=names.step_name)) -%}
        {%- if column.name not in own and not column.name.startswith('_given_') and not column.name.startswith('_raw_key_') -%}
            {%- do step.columns.append(column.name) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- The step's loads as a relation. -#}
{% macro spark_staged_loads(step) -%}
    {%- if step.loads -%}
    select * from values
        {%- for load in step.loads %}
        ({{ spark_literal(load.load_id) }}, cast({{ load.position }} as bigint), cast('{{ load.as_of }}' as timestamp)){{ ',' if not loop.last }}
        {%- endfor %}
        as l (load_id, position, as_of)
    {%- else -%}
    select cast(null as string) as load_id, cast(null as bigint) as position, cast(null as timestamp) as as_of where false
    {%- endif -%}
{%- endmacro %}

{#- The condition that limits a read of raw to the step's loads, so that files of other loads are passed over. -#}
{% macro spark_staged_bound(step, alias) -%}
    {%- if step.loads -%}
        {{ alias }}._dlt_load_id in ({% for load in step.loads %}{{ spark_literal(load.load_id) }}{{ ', ' if not loop.last }}{% endfor %})
    {%- else -%} false {%- endif -%}
{%- endmacro %}
