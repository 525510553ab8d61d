{#- The columns of <model>__all that every model has, behind the model's own, with their types. -#}
{% macro spark_staged_shape() -%}
    {{ return({
        '_kind': 'string', '_key': 'string', '_entry': 'string', '_load_id': 'string', '_known_from': 'timestamp',
        '_reasons': 'array<string>', '_row': 'string', '_seq': 'bigint', '_first_seen': 'timestamp', '_resolved_at': 'timestamp',
        '_how': 'string',
        '_step_id': 'string', '_run_id': 'string', '_as_of': 'timestamp', '_built_at': 'timestamp', '_full_refresh': 'boolean',
        '_landed': 'bigint', '_accepted': 'bigint', '_accepted_by_hand': 'bigint', '_rejected': 'bigint', '_superseded': 'bigint',
        '_deleted': 'bigint', '_erased': 'bigint', '_code': 'string',
    }) }}
{%- endmacro %}

{#- One part of the rows that a step writes: the columns that are given, NULL in the others. -#}
{% macro spark_staged_part(step, given) -%}
    select
        {%- for column in step.columns %}
        {{ given.get('model:' ~ column, 'null') }} as {{ adapter.quote(column) }},
        {%- endfor %}
        {%- for column, type in spark_staged_shape().items() %}
        cast({{ given.get(column, 'null') }} as {{ type }}) as {{ column }},
        {%- endfor %}
        {{ given.get('_act', "'write'") }} as _act,
        {{ given.get('_unbroken', 'false') }} as _unbroken
{%- endmacro %}

{#- All rows that a step writes: accepted rows, entries of quarantine, rows of the ledger. -#}
{% macro spark_staged_rows(names, step) -%}
    {%- set accepted = {
        '_kind': "'accepted'", '_key': 's._key', '_entry': "''", '_load_id': 's._load_id', '_known_from': 's._began',
        '_act': "case when s._class in ('a', 'h') then 'write' else 'remove' end", '_unbroken': 's._breaks = 0',
    } -%}
    {%- for column in step.columns -%}{%- do accepted.update({'model:' ~ column: 's.' ~ adapter.quote(column)}) -%}{%- endfor -%}
    {%- set next = staged_how('s._next_class') -%}
    {%- set rejected = {
        '_kind': "'rejected'", '_key': 's._key', '_entry': 's._load_id', '_load_id': 's._load_id', '_reasons': "split(s._reasons, '; ')",
        '_row': spark_row_json('r'), '_seq': 's._seq', '_first_seen': 's._load_as_of',
        '_resolved_at': "case when s._class = 'h' then s._accepted_at else s._next_as_of end" if step.hand else 's._next_as_of',
        '_how': "case when s._class = 'h' then 'accepted' else " ~ next ~ ' end' if step.hand else next,
    } -%}
    {{ spark_staged_part(step, accepted) }}
    from {{ names.step }} as s
    where s._is_final{{ " and s._class in ('a', 'h')" if step.full }}
    union all
    {{ spark_staged_part(step, rejected) }}
    from {{ names.step }} as s
    inner join {{ names.raw }} as r on s._seq = r._seq
    where s._class in ('r', 'h') and not s._superseded and {{ spark_staged_bound(step, 'r') }}
    {%- if not step.full %}
    union all
    {%- set resolved = {
        '_kind': 'q._kind', '_key': 'q._key', '_entry': 'q._entry', '_load_id': 'q._load_id', '_reasons': 'q._reasons', '_row': 'q._row',
        '_seq': 'q._seq', '_first_seen': 'q._first_seen', '_resolved_at': 's._load_as_of', '_how': staged_how('s._class'),
    } %}
    {{ spark_staged_part(step, resolved) }}
    from {{ names.step }} as s
    inner join {{ names.all }} as q on s._key = q._key
    where s._is_first and q._kind = 'rejected' and q._resolved_at is null
    {%- endif %}
    {%- if step.ledger %}
    union all
    {{ spark_staged_steps(step) }}
    {%- endif %}
{%- endmacro %}

{#- The statement that makes the table anew. A time without a zone Delta takes in a new table, and in one that is there only
    where that is said. -#}
{% macro spark_staged_whole(names, step) -%}
    create or replace table {{ names.all }} using delta partitioned by (_kind)
    tblproperties ('delta.feature.timestampNtz' = 'supported') as
    select * except (_act, _unbroken)
    from (
        {{ spark_staged_rows(names, step) }}
    ) as w
{%- endmacro %}

{#- The statement that merges a step's rows into the table. -#}
{% macro spark_staged_merge(names, step) -%}
    {%- set columns = step.columns + spark_staged_shape().keys() | list -%}
    merge into {{ names.all }} as t using (
        {{ spark_staged_rows(names, step) }}
    ) as s on t._kind = s._kind and t._key = s._key and t._entry = s._entry
    when matched and s._act = 'write' then update set
        {%- for column in columns if column not in ['_kind', '_key', '_entry'] %}
        {%- set name = adapter.quote(column) %}
        {{ name }} = {{ 'case when s._unbroken then t._known_from else s._known_from end' if column == '_known_from' else 's.' ~ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    when matched then delete
    when not matched and s._act = 'write' then insert ({% for c in columns %}{{ adapter.quote(c) }}{{ ', ' if not loop.last }}{% endfor %})
        values ({% for c in columns %}s.{{ adapter.quote(c) }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#- A row of raw as JSON, as PostgreSQL writes it; NULLs are left out. -#}
{% macro spark_row_json(alias) -%}
    {%- set parts = [] -%}
    {%- for name, type in raw_types().items() if name not in ['_dlt_load_id', '_op', '_seq'] -%}
        {%- set column = alias ~ '.' ~ adapter.quote(name) -%}
        {%- if type.startswith('timestamp') -%}
            {%- set column = "concat(replace(cast(" ~ column ~ " as string), ' ', 'T')" ~ (", '+00:00'" if type.endswith('with time zone') else '') ~ ')' -%}
        {%- endif -%}
        {%- do parts.append(spark_literal(name) ~ ', ' ~ column) -%}
    {%- endfor -%}
    to_json(named_struct({{ parts | join(', ') }}))
{%- endmacro %}

{#- The rows of the ledger, one per load. -#}
{% macro spark_staged_steps(step) -%}
    {%- set booked = {
        '_kind': "'step'", '_key': 'l.load_id', '_entry': spark_literal(invocation_id), '_load_id': 'l.load_id',
        '_step_id': spark_literal(invocation_id), '_run_id': spark_literal(run_id()) if run_id() else 'null', '_as_of': 'l.as_of',
        '_built_at': 'current_timestamp()', '_full_refresh': step.full | string | lower, '_landed': 'l.c0', '_accepted': 'l.c1',
        '_accepted_by_hand': 'l.c2', '_rejected': 'l.c3', '_superseded': 'l.c4', '_deleted': 'l.c5', '_erased': 'l.c6',
    } %}
    {{ spark_staged_part(step, booked) }}
    from values
        {%- for row in step.ledger %}
        ({{ spark_literal(row.load.load_id) }}, cast('{{ row.load.as_of }}' as timestamp), {{ row.counts | join(', ') }}){{ ',' if not loop.last }}
        {%- endfor %}
        as l (load_id, as_of, c0, c1, c2, c3, c4, c5, c6)
{%- endmacro %}

{#- The statement that writes the rows of the ledger alone. -#}
{% macro spark_staged_booked(names, step) -%}
    {%- set columns = spark_staged_shape().keys() | list | join(', ') -%}
    insert into {{ names.all }} ({{ columns }})
    select {{ columns }}
    from (
        {{ spark_staged_steps(step) }}
    ) as w
{%- endmacro %}

{#- The statement that writes the digest of the code, behind all else that a full refresh does: without it the next step
    makes the table anew, its view too. -#}
{% macro spark_staged_code(names, step) -%}
    insert into {{ names.all }} (_kind, _key, _entry, _code) values ('code', '', '', {{ spark_literal(step.code) }})
{%- endmacro %}
