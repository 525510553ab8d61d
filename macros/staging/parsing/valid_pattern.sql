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
        'time': '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?',
        'long time': '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9][.][0-9]{7,9}',
        'double': '[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,3})?',
    }[word]) }}
{%- endmacro %}
