{#- The last day of a date's month. -#}
{% macro month_end(date) -%}
    {{ add_days(add_months(month_start(date), 1), -1) }}
{%- endmacro %}
