{#- A date YYYY-MM-DD, or a moment with full seconds, at most six digits of fraction and a zone (Z or ±hh:mm).
    The calendar stands in the pattern; only 29 February is asked of the engine. -#}
{% macro parsed_moment(text, word) -%}
    {%- set days -%}
        ((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)
    {%- endset -%}
    {%- set year = '(?!0000)[0-9]{4}-' -%}
    {%- set clock = '' if word == 'date' else
        '[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)' -%}
    {%- set type = 'date' if word == 'date' else 'timestamp with time zone' -%}
    cast(coalesce(
            {{ only_matching(text, year ~ days ~ clock) }},
            {{ only_valid(text, year ~ '02-29' ~ clock, type) }}
        ) as {{ type }})
{%- endmacro %}

{#- Text in a stated format (of YYYY, MM, DD, HH24, MI, SS, each with all its digits) as ISO text; else NULL. -#}
{% macro iso_text(text, format) -%}
    {%- set parts = {'YYYY': '', 'MM': '', 'DD': '', 'HH24': '', 'MI': '', 'SS': ''} -%}
    {%- set at = namespace(position=1, pattern='') -%}
    {%- for piece in modules.re.findall('YYYY|MM|DD|HH24|MI|SS|.', format) -%}
        {%- if piece in parts -%}
            {%- set width = 4 if piece == 'YYYY' else 2 -%}
            {%- do parts.update({piece: 'substring(' ~ text ~ ', ' ~ at.position ~ ', ' ~ width ~ ')'}) -%}
            {%- set at.pattern = at.pattern ~ '[0-9]{' ~ width ~ '}' -%}
            {%- set at.position = at.position + width -%}
        {%- elif modules.re.fullmatch('[A-Za-z0-9\\[\\]\\\\^\']', piece) -%}
            {%- do exceptions.raise_compiler_error('parse: format ' ~ format ~ ' holds ' ~ piece ~ ', which is no part of a date') -%}
        {%- else -%}
            {%- set at.pattern = at.pattern ~ '[' ~ piece ~ ']' -%}
            {%- set at.position = at.position + 1 -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set day = "concat(" ~ parts['YYYY'] ~ ", '-', " ~ parts['MM'] ~ ", '-', " ~ parts['DD'] -%}
    {%- set clock = ", 'T', " ~ parts['HH24'] ~ ", ':', " ~ parts['MI'] ~ ", ':', " ~ (parts['SS'] or "'00'") ~ ", 'Z'" -%}
    case when {{ matches(text, at.pattern) }} then {{ day }}{{ clock if parts['HH24'] else '' }}) end
{%- endmacro %}

{#- Whether the whole text matches: $ alone would match before a last newline on some engines. -#}
{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch('matches', 'weir')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    {{ text }} rlike '^({{ pattern }})(?![\\s\\S])'
{%- endmacro %}

{% macro postgres__matches(text, pattern) -%}
    {{ text }} ~ '^({{ pattern }})$'
{%- endmacro %}

{#- The text where all of it matches, else NULL. No substring(): groups that capture cost PostgreSQL 50 times as much. -#}
{% macro only_matching(text, pattern) -%}
    case when {{ matches(text, pattern) }} then {{ text }} end
{%- endmacro %}

{#- The text where it matches and the engine can cast it too, else NULL. -#}
{% macro only_valid(text, pattern, type) -%}
    {{ return(adapter.dispatch('only_valid', 'weir')(text, pattern, type)) }}
{%- endmacro %}

{% macro default__only_valid(text, pattern, type) -%}
    case when {{ matches(text, pattern) }} and try_cast({{ text }} as {{ type }}) is not null then {{ text }} end
{%- endmacro %}

{% macro postgres__only_valid(text, pattern, type) -%}
    case when {{ text }} ~ '^({{ pattern }})$' and pg_input_is_valid({{ text }}, '{{ type }}') then {{ text }} end
{%- endmacro %}
