{#- Hours between two moments, rounded to two decimals. -#}
{% macro hours_between(first, second) -%}
    cast(round(cast({{ seconds_between(first, second) }} as numeric(18, 4)) / 3600, 2) as numeric(18, 2))
{%- endmacro %}
