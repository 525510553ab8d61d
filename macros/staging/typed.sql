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
                else api.Relation.create(database=target.database, schema='raw_' ~ origin[0], identifier=origin[1]) -%}
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

{#- The type of a column in raw; '' for text, for an expression, and where the select of carry() doesn't read raw itself:
    a step between may have made another thing of it. -#}
{% macro raw_type(value) -%}
    {%- set direct = modules.re.search('\\bcarry\\([^{}]*\\)\\s*-?\\}\\}(?:\\s|--[^\\n]*\\n)*from\\s+\\{\\{', model.get('raw_code') or '') -%}
    {{ return(raw_types().get(value | trim | replace('"', ''), '') if direct else '') }}
{%- endmacro %}

{#- The SQL that takes a column from the type it has to another, NULL where that would lose something, and whether it is
    sure never to; no SQL where the value's text has to be judged. -#}
{% macro typed_value(column, have, word, type) -%}
    {%- set whole = {'smallint': [32767, 5], 'integer': [2147483647, 10], 'bigint': [9223372036854775807, 19]} -%}
    {%- set binary = ['real', 'double precision'] -%}
    {%- set size = modules.re.findall('[0-9]+', type) | map('int') | list -%}
    {%- set type = {'timestamp': 'timestamp with time zone', 'double': 'double precision'}.get(word, type | lower) -%}
    {%- set as_it_is = 'cast(' ~ column ~ ' as ' ~ type ~ ')' -%}
    {%- set only = namespace(where='') -%}
    {%- if word == 'text' or not have -%}
        {{ return({'sql': none, 'sure': false}) }}
    {%- elif word in ['integer', 'bigint'] and (have in whole or have == 'numeric' or have in binary) -%}
        {%- set most = whole[word][0] -%}
        {%- if have not in whole -%}
            {%- set only.where = column ~ ' = floor(' ~ column ~ ') and ' ~ column ~ ' >= -' ~ (most + 1) ~ ' and ' ~ column ~ ' < ' ~ (most + 1) -%}
        {%- elif whole[have][0] > most -%}
            {%- set only.where = column ~ ' between -' ~ (most + 1) ~ ' and ' ~ most -%}
        {%- endif -%}
    {%- elif word == 'numeric' and (have in whole or have == 'numeric') -%}
        {%- if size and (have == 'numeric' or size[0] - (size + [0])[1] < whole[have][1]) -%}
            {%- set only.where = fits(column, size) -%}
        {%- endif -%}
    {%- elif word == 'double' and have == 'real' -%}
        {#- 0.1, not 0.10000000149011612 -#}
        {%- set as_it_is = 'cast(cast(' ~ column ~ ' as text) as ' ~ type ~ ')' -%}
    {%- elif word == 'date' and have.startswith('timestamp') -%}
        {%- set moment = utc_moment(column) if have == 'timestamp without time zone' else column -%}
        {{ return({'sql': 'case when ' ~ day_start(utc_date(moment)) ~ ' = ' ~ moment ~ ' then ' ~ utc_date(moment) ~ ' end', 'sure': false}) }}
    {%- elif word == 'timestamp' and have == 'date' -%}
        {%- set as_it_is = day_start(column) -%}
    {%- elif word == 'timestamp' and have == 'timestamp without time zone' -%}
        {%- set as_it_is = utc_moment(column) -%}
    {%- elif not (have == word or have == {'timestamp': 'timestamp with time zone', 'double': 'double precision'}.get(word)
        or word == 'double' and have in whole) -%}
        {{ return({'sql': none, 'sure': false}) }}
    {%- endif -%}
    {{ return({
        'sql': 'cast(case when ' ~ only.where ~ ' then ' ~ column ~ ' end as ' ~ type ~ ')' if only.where else as_it_is,
        'sure': not only.where,
    }) }}
{%- endmacro %}

{#- Whether a number has no digit that numeric(p, s) would round away or has no room for; NaN and infinity have none. -#}
{% macro fits(number, size) -%}
    {%- set scale = (size + [0])[1] -%}
    {%- set most = '1' ~ '0' * (size[0] - scale) -%}
    {{ number }} = round({{ number }}, {{ scale }}) and {{ number }} > -{{ most }} and {{ number }} < {{ most }}
{%- endmacro %}

{#- A time without a zone as a moment: it is taken for UTC. -#}
{% macro utc_moment(time) -%}{{ return(adapter.dispatch('utc_moment', 'weir')(time)) }}{%- endmacro %}
{% macro default__utc_moment(time) -%}cast({{ time }} as timestamp){%- endmacro %}
{% macro postgres__utc_moment(time) -%}({{ time }} at time zone 'UTC'){%- endmacro %}
