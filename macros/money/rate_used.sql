{#- A column of the rate by which an amount was converted; NULL where the amount is in the reporting currency already. -#}
{% macro rate_used(currency, column, rates='rates') -%}
    case when {{ currency }} <> {{ reporting_currency() }} then {{ rates }}.{{ column }} end
{%- endmacro %}
