{#- Whether text is a value of the type: an ASCII pattern that leaves nothing to the engine's own idea of validity
    (1_000, 0x1F, NaN, now, 01/02/2024, 24:00:00), and the engine's own cast. Both must hold. -#}
{% macro is_valid(text, word, type) -%}
    {{ return(adapter.dispatch('is_valid', 'weir')(text, word, type)) }}
{%- endmacro %}

{#- The pattern of a type; numeric(p, s) takes no digits that the scale would round away. -#}
{% macro valid_pattern(word, type) -%}
    {%- set day = '(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}' -%}
    {%- set size = modules.re.findall('[0-9]+', type) | map('int') | list + [0] -%}
    {%- set fraction = '[0-9]{1,38}' if size | length == 1 else ('[0-9]{1,' ~ size[1] ~ '}0*' if size[1] else '0+') -%}
    {{ return({
        'integer': '[+-]?[0-9]{1,19}',
        'bigint': '[+-]?[0-9]{1,19}',
        'numeric': '[+-]?[0-9]{1,38}([.]' ~ fraction ~ ')?',
        'date': day,
        'timestamp': day ~ '[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])',
        'double': '[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,3})?',
    }[word]) }}
{%- endmacro %}

{% macro default__is_valid(text, word, type) -%}
    {{ matches(text, valid_pattern(word, type)) }} and try_cast({{ text }} as {{ type }}) is not null
    {%- if word == 'double' %}
    and abs(try_cast({{ text }} as double)) < double('infinity')
    and (try_cast({{ text }} as double) <> 0 or {{ matches(text, '[+-]?[0.]+([eE].*)?') }})
    {%- endif -%}
{%- endmacro %}

{#- The same verdicts at a third of the time (a test compares them): PostgreSQL pays for each state that a pattern goes
    through, so that masks and short loops decide what they can, and the full pattern the rest. -#}
{% macro postgres__is_valid(text, word, type) -%}
    {%- set full = matches(text, valid_pattern(word, type)) -%}
    {%- if word in ['integer', 'bigint'] -%}
        case when length({{ text }}) <= 19 then {{ text }} ~ '^[+-]?[0-9]+$' else {{ full }} end
    {%- elif word == 'numeric' -%}
        case when length({{ text }}) <= 38 then {{ full | replace('{1,38}', '+') }} else {{ full }} end
    {%- elif word == 'date' -%}
        {{ text }} like '____-__-__' and {{ text }} ~ '^[0-9]+-[0-9]+-[0-9]+$'
    {%- elif word == 'timestamp' -%}
        case
            when {{ text }} like '____-__-__T__:__:__Z' or {{ text }} like '____-__-__ __:__:__Z'
                then {{ text }} ~ '^[0-9][0-9][0-9]([0-9]+[-T :Z]?)+$'
                    and {{ text }} not like '___________24%' and {{ text }} not like '%60Z'
            else {{ full }}
        end
    {%- else -%}
        {{ full }}
    {%- endif %} and pg_input_is_valid({{ text }}, '{{ type }}')
{%- endmacro %}
