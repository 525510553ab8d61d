{#- A date some months later, on the month's last day where it has no such day: 31 January + 1 is 28 February. -#}
{% macro add_months(date, months) -%}{{ return(adapter.dispatch('add_months', 'weir')(date, months)) }}{%- endmacro %}
{% macro default__add_months(date, months) -%}add_months({{ date }}, cast({{ months }} as int)){%- endmacro %}
{% macro postgres__add_months(date, months) -%}
    cast(cast({{ date }} as timestamp) + make_interval(months => cast({{ months }} as integer)) as date)
{%- endmacro %}
