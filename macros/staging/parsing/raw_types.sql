{#- The columns of the table of raw that a model reads, with their types as PostgreSQL calls them; nothing where it reads
    none or several, or where it has not landed. -#}
{% macro raw_types() -%}
    {%- set state = staged_state() -%}
    {%- if 'types' not in state and execute -%}
        {%- do state.update({'types': {}}) -%}
        {%- if model.get('sources') | default([], true) | length == 1 -%}
            {%- set origin = model.sources[0] -%}
            {#- In a unit test source() is the fixture, which dbt makes of the real table's types. -#}
            {%- set relation = source(origin[0], origin[1]) if model.resource_type != 'unit_test'
                else api.Relation.create(database=target.database | default(none), schema='raw_' ~ origin[0], identifier=origin[1]) -%}
            {%- do state.update({'types': adapter.dispatch('types_of', 'weir')(relation)}) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(state.get('types', {})) }}
{%- endmacro %}

{% macro default__types_of(relation) -%}
    {%- set words = {'int': 'integer', 'float': 'real', 'double': 'double precision', 'decimal': 'numeric', 'string': 'text',
        'timestamp': 'timestamp with time zone', 'timestamp_ntz': 'timestamp without time zone'} -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- set word = column.dtype.split('(')[0] | lower -%}
        {%- do types.update({column.name: words.get(word, word)}) -%}
    {%- endfor -%}
    {{ return(types) }}
{%- endmacro %}

{% macro postgres__types_of(relation) -%}
    {%- set types = {} -%}
    {%- set found = run_query(
        'select attname::text, format_type(atttypid, null) from pg_attribute where attnum > 0 and not attisdropped and attrelid = to_regclass('
        ~ staged_literal(relation.render()) ~ ')'
    ) -%}
    {%- for row in found.rows -%}{%- do types.update({row[0]: row[1]}) -%}{%- endfor -%}
    {{ return(types) }}
{%- endmacro %}
