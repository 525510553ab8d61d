{#- The SQL that turns text into the type, or into NULL where it is none; `sheet` is a condition that says which rows come
    from a spreadsheet. -#}
{% macro parsed_value(text, word, type, format=none, sheet=none) -%}
    {%- if word == 'text' -%}
        {{ text }}
    {%- elif word == 'boolean' -%}
        case
            when lower({{ text }}) in ('true', 't', 'yes', 'y', '1') then true
            when lower({{ text }}) in ('false', 'f', 'no', 'n', '0') then false
        end
    {%- else -%}
        {%- set type = {'timestamp': 'timestamp with time zone', 'time': 'time', 'double': 'double precision'}.get(word, type) -%}
        {%- set valid = text_in_format(text, format, word, type) if format else valid_text(text, word, type) -%}
        {%- set value = 'cast(' ~ valid ~ ' as ' ~ sql_type(type) ~ ')' -%}
        {%- set others = in_other_words(text, word, type, sheet) if not format -%}
        {{ 'coalesce(' ~ ([value] + others) | join(', ') ~ ')' if others else value }}
    {%- endif -%}
{%- endmacro %}
