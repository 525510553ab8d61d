{#- On Spark: the tables of the staged models, where there are none yet, and over them the ledger and the quarantine. Safe
    to repeat. -#}
{% macro make_ledger_on_spark() -%}
    {%- set ops, quality, staged = dev_prefix() ~ 'ops', dev_prefix() ~ 'quality', [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.materialized == 'staged' -%}
        {%- for id in node.depends_on.nodes if id in graph.sources -%}
            {%- do staged.append({'model': node.name, 'schema': node.schema, 'table': (node.alias or node.name) ~ '__all',
                'source': graph.sources[id].source_name, 'source_table': graph.sources[id].name}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for schema in ([ops, quality] + staged | map(attribute='schema') | list) | unique -%}
        {%- do run_query('create schema if not exists ' ~ schema) -%}
    {%- endfor -%}
    {%- set there = [] -%}
    {%- for schema in staged | map(attribute='schema') | unique -%}
        {%- for row in run_query('show tables in ' ~ schema ~ " like '*__all|*__step*'").rows -%}
            {%- do there.append(row[0] ~ '.' ~ row[1]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do spark_drop_dead_steps(staged, there) -%}
    {%- for table in staged if (table.schema ~ '.' ~ table.table) | lower not in there | map('lower') -%}
        {%- do run_query(spark_empty_all(table.schema ~ '.' ~ table.table)) -%}
    {%- endfor -%}
    {%- do run_query(spark_union(staged, quality ~ '.quarantine', 'rejected', {
        'key': '_key', 'reasons': '_reasons', 'row': '_row', 'load_id': '_load_id', 'seq': '_seq', 'first_seen': '_first_seen',
        'resolved_at': '_resolved_at', 'how': '_how',
    })) -%}
    {%- do run_query(spark_union(staged, ops ~ '.ledger', 'step', {
        'step_id': '_step_id', 'run_id': '_run_id', 'source': 'source', 'table_name': 'table_name', 'load_id': '_load_id', 'as_of': '_as_of',
        'built_at': '_built_at', 'full_refresh': '_full_refresh', 'landed': '_landed', 'accepted': '_accepted', 'rejected': '_rejected',
        'superseded': '_superseded', 'deleted': '_deleted', 'erased': '_erased', 'accepted_by_hand': '_accepted_by_hand',
    })) -%}
{%- endmacro %}

{#- Drops the tables of steps that were killed. A step that is a day old is dead; a younger one may be another command's. -#}
{% macro spark_drop_dead_steps(staged, there) -%}
    {%- set oldest = (run_started_at - modules.datetime.timedelta(days=1)).strftime('%Y%m%d%H%M%S') -%}
    {%- set ours = [] -%}
    {%- for table in staged -%}{%- do ours.append((table.schema ~ '.' ~ table.table[:-5]) | lower) -%}{%- endfor -%}
    {%- for name in there -%}
        {%- set parts = name.rpartition('__step') -%}
        {%- set age = modules.re.fullmatch('(?:_([0-9]{14})_[0-9a-f]{8})?', parts[2]) -%}
        {%- if parts[0] | lower in ours and age and (age.group(1) or '') < oldest -%}
            {%- do run_query('drop table if exists ' ~ name) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- A table of a staged model that nothing was staged into: it has the columns that every one has. -#}
{% macro spark_empty_all(table) -%}
    create table if not exists {{ table }} (
        {%- for column, type in spark_staged_shape().items() %}{{ column }} {{ type }}{{ ', ' if not loop.last }}{% endfor -%}
    ) using delta partitioned by (_kind)
{%- endmacro %}

{#- A view over the rows of one kind of all staged models. -#}
{% macro spark_union(staged, view, kind, columns) -%}
    create or replace view {{ view }} as
    {%- for table in staged %}
    select
        {{ spark_literal(table.model) }} as model
        {%- for name, column in columns.items() %},
        {{ spark_literal(table[{'source': 'source', 'table_name': 'source_table'}[name]]) if name in ['source', 'table_name'] else column }} as {{ name }}
        {%- endfor %}
    from {{ table.schema }}.{{ table.table }}
    where _kind = '{{ kind }}'
    {%- if not loop.last %} union all{% endif %}
    {%- endfor %}
{%- endmacro %}
