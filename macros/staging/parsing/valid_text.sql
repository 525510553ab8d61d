{#- The text where it is a value of the type, else NULL. An ASCII pattern and the engine's own cast must both take it: the
    cast alone would also take 1_000, 0x1F, NaN, now, 01/02/2024 and 24:00:00. -#}
{% macro valid_text(text, word, type) -%}
    {%- set midnight, short = 'substring(' ~ text ~ ', 1, 10)', moment_in_full(text) -%}
    case
        when {{ is_valid(text, word, type) }} then {{ text }}
        {%- if word == 'date' %}
        when {{ matches(text, valid_pattern('midnight', type)) }} and {{ can_cast(midnight, type) }} then {{ midnight }}
        {%- elif word == 'timestamp' %}
        when {{ matches(text, valid_pattern('moment', type)) }} and {{ can_cast(short, type) }} then {{ short }}
        {%- elif word == 'time' %}
        when {{ matches(text, valid_pattern('long time', type)) }} then substring({{ text }}, 1, 15)
        {%- endif %}
    end
{%- endmacro %}

{#- A moment's text with its seconds, and with six digits of a longer fraction: the others are cut, for 23:59:59.9999999
    belongs to the day that it names. -#}
{% macro moment_in_full(text) -%}
    concat(
        substring({{ text }}, 1, 16), case when substring({{ text }}, 17, 1) <> ':' then ':00' else '' end,
        regexp_replace(substring({{ text }}, 17), '(?<=[.][0-9]{6})[0-9]+', '')
    )
{%- endmacro %}
