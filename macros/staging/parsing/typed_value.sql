{#- Two things: `sql` casts a column from the type that raw has, NULL where the cast would lose something; `sure` says that
    it never does. `sql` is none where the value's text has to be judged. -#}
{% macro typed_value(column, have, word, type) -%}
    {%- set whole = {'smallint': [32767, 5], 'integer': [2147483647, 10], 'bigint': [9223372036854775807, 19]} -%}
    {%- set binary = ['real', 'double precision'] -%}
    {%- set size = modules.re.findall('[0-9]+', type) | map('int') | list -%}
    {%- set names = {'timestamp': 'timestamp with time zone', 'time': 'time without time zone', 'double': 'double precision'} -%}
    {%- set type = names.get(word, type | lower) -%}
    {%- set as_it_is = 'cast(' ~ column ~ ' as ' ~ sql_type(type) ~ ')' -%}
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
        {%- set as_it_is = 'cast(cast(' ~ column ~ ' as ' ~ sql_type('text') ~ ') as ' ~ sql_type(type) ~ ')' -%}
    {%- elif word == 'date' and have.startswith('timestamp') -%}
        {%- set moment = utc_moment(column) if have == 'timestamp without time zone' else column -%}
        {{ return({'sql': 'case when ' ~ day_start(utc_date(moment)) ~ ' = ' ~ moment ~ ' then ' ~ utc_date(moment) ~ ' end', 'sure': false}) }}
    {%- elif word == 'timestamp' and have == 'date' -%}
        {%- set as_it_is = day_start(column) -%}
    {%- elif word == 'timestamp' and have == 'timestamp without time zone' -%}
        {%- set as_it_is = utc_moment(column) -%}
    {%- elif not (have == word or have == names.get(word) or word == 'double' and have in whole) -%}
        {{ return({'sql': none, 'sure': false}) }}
    {%- endif -%}
    {{ return({
        'sql': 'cast(case when ' ~ only.where ~ ' then ' ~ column ~ ' end as ' ~ sql_type(type) ~ ')' if only.where else as_it_is,
        'sure': not only.where,
    }) }}
{%- endmacro %}

{#- Whether numeric(p, s) holds every digit of a number; it holds neither NaN nor infinity. -#}
{% macro fits(number, size) -%}
    {%- set scale = (size + [0])[1] -%}
    {%- set most = '1' ~ '0' * (size[0] - scale) -%}
    {{ number }} = round({{ number }}, {{ scale }}) and {{ number }} > -{{ most }} and {{ number }} < {{ most }}
{%- endmacro %}

{#- A time without a zone as a moment in UTC. -#}
{% macro utc_moment(time) -%}{{ return(adapter.dispatch('utc_moment', 'weir')(time)) }}{%- endmacro %}
{% macro default__utc_moment(time) -%}cast({{ time }} as timestamp){%- endmacro %}
{% macro postgres__utc_moment(time) -%}({{ time }} at time zone 'UTC'){%- endmacro %}
