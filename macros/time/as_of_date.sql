{#- The same as a date in UTC. -#}
{% macro as_of_date() -%}
    {{ utc_date(as_of()) }}
{%- endmacro %}
