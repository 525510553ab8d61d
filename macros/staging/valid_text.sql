{#- The text of a value where it is one of the type, else NULL: an ASCII pattern that leaves nothing to the engine's own
    idea of validity (1_000, 0x1F, NaN, now, 01/02/2024, 24:00:00), and the engine's own cast. Both must hold. -#}
{% macro valid_text(text, word, type) -%}
    {%- set midnight, short = 'substring(' ~ text ~ ', 1, 10)', moment_in_full(text) -%}
    case
        when {{ is_valid(text, word, type) }} then {{ text }}
        {%- if word == 'date' %}
        when {{ matches(text, valid_pattern('midnight', type)) }} and {{ can_cast(midnight, type) }} then {{ midnight }}
        {%- elif word == 'timestamp' %}
        when {{ matches(text, valid_pattern('moment', type)) }} and {{ can_cast(short, type) }} then {{ short }}
        {%- endif %}
    end
{%- endmacro %}

{#- The pattern of a type; numeric(p, s) takes no digits that the scale would round away. -#}
{% macro valid_pattern(word, type) -%}
    {%- set day = '(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}' -%}
    {%- set minute = day ~ '[T ]([01][0-9]|2[0-3]):[0-5][0-9]' -%}
    {%- set zone = '(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?' -%}
    {%- set tail = '([.][0-9]{1,6})?' ~ zone -%}
    {%- set size = modules.re.findall('[0-9]+', type) | map('int') | list + [0] -%}
    {%- set fraction = '[0-9]{1,38}' if size | length == 1 else ('[0-9]{1,' ~ size[1] ~ '}0*' if size[1] else '0+') -%}
    {{ return({
        'integer': '[+-]?[0-9]{1,19}',
        'bigint': '[+-]?[0-9]{1,19}',
        'numeric': '[+-]?[0-9]{1,38}([.]' ~ fraction ~ ')?',
        'power': '[+-]?[0-9]{1,38}([.][0-9]{1,38})?[eE][+-]?[0-9]{1,4}',
        'date': day,
        'midnight': day ~ '[T ]00:00(:00([.]0{1,9})?)?(Z|[+]00(:?00)?)?',
        'timestamp': minute ~ ':[0-5][0-9]' ~ tail,
        'tail': tail,
        'moment': minute ~ '(:[0-5][0-9]([.][0-9]{1,9})?)?' ~ zone,
        'double': '[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,3})?',
    }[word]) }}
{%- endmacro %}

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
            when {{ text }} like '____-__-__T__:__:__%' or {{ text }} like '____-__-__ __:__:__%'
                then substring({{ text }}, 1, 19) ~ '^[0-9][0-9][0-9]([0-9]+[-T :]?)+[0-9]$'
                    and {{ text }} not like '___________24%' and {{ text }} not like '_________________60%'
                    and {{ matches('substring(' ~ text ~ ', 20)', valid_pattern('tail', type)) }}
        end
    {%- else -%}
        {{ full }}
    {%- endif %} and {{ can_cast(text, type) }}
{%- endmacro %}

{#- Whether the engine's own cast takes the text. -#}
{% macro can_cast(text, type) -%}{{ return(adapter.dispatch('can_cast', 'weir')(text, type)) }}{%- endmacro %}
{% macro default__can_cast(text, type) -%}try_cast({{ text }} as {{ type }}) is not null{%- endmacro %}
{% macro postgres__can_cast(text, type) -%}pg_input_is_valid({{ text }}, '{{ type }}'){%- endmacro %}

{#- A moment's text with its seconds, and with six digits of a longer fraction: the others are cut, for 23:59:59.9999999
    belongs to the day that it names. -#}
{% macro moment_in_full(text) -%}
    concat(
        substring({{ text }}, 1, 16), case when substring({{ text }}, 17, 1) <> ':' then ':00' else '' end,
        regexp_replace(substring({{ text }}, 17), '(?<=[.][0-9]{6})[0-9]+', '')
    )
{%- endmacro %}

{#- Whether the whole text matches: $ alone would match before a last newline on some engines. -#}
{% macro matches(text, pattern) -%}{{ return(adapter.dispatch('matches', 'weir')(text, pattern)) }}{%- endmacro %}
{% macro default__matches(text, pattern) -%}{{ text }} rlike '^({{ pattern }})(?![\\s\\S])'{%- endmacro %}
{#- PostgreSQL has no year 0, and to look ahead costs it as much as all else in a pattern. -#}
{% macro postgres__matches(text, pattern) -%}{{ text }} ~ '^({{ pattern | replace('(?!0000)', '') }})$'{%- endmacro %}
