{#- Whether text is a value of the type as it stands. -#}
{% macro is_valid(text, word, type) -%}
    {{ return(adapter.dispatch('is_valid', 'weir')(text, word, type)) }}
{%- endmacro %}

{% macro default__is_valid(text, word, type) -%}
    {{ matches(text, valid_pattern(word, type)) }} and {{ can_cast(text, type) }}
    {%- if word == 'double' %}
    and abs(try_cast({{ text }} as double)) < double('infinity')
    and (try_cast({{ text }} as double) <> 0 or {{ matches(text, '[+-]?[0.]+([eE].*)?') }})
    {%- endif -%}
{%- endmacro %}

{#- The same answers in a third of the time; a test compares them. A long pattern is slow in PostgreSQL, so masks and short
    patterns decide most values, and the full pattern the rest. -#}
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
            when {{ text }} like '____-__-__T__:__:__%' or {{ text }} like '____-__-__ __:__:__%'
                then substring({{ text }}, 1, 19) ~ '^[0-9][0-9][0-9]([0-9]+[-T :]?)+[0-9]$'
                    and {{ text }} not like '___________24%' and {{ text }} not like '_________________60%'
                    and {{ matches('substring(' ~ text ~ ', 20)', valid_pattern('tail', type)) }}
        end
    {%- else -%}
        {{ full }}
    {%- endif %} and {{ can_cast(text, type) }}
{%- endmacro %}
