{#- One number divided by another, to four decimals; NULL where the second is 0. -#}
{% macro ratio(part, whole) -%}
    cast(cast({{ part }} as numeric(18, 4)) / nullif({{ whole }}, 0) as numeric(14, 4))
{%- endmacro %}
