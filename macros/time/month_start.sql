{#- The first day of a date's month. -#}
{% macro month_start(date) -%}{{ return(adapter.dispatch('month_start', 'weir')(date)) }}{%- endmacro %}
{% macro default__month_start(date) -%}trunc({{ date }}, 'MM'){%- endmacro %}
{% macro postgres__month_start(date) -%}
    cast(date_trunc('month', cast({{ date }} as timestamp)) as date)
{%- endmacro %}
