{#- The currency in which amounts of all currencies are added up, as SQL text: var('reporting_currency'). -#}
{% macro reporting_currency() -%}
    {{ staged_literal(var('reporting_currency')) }}
{%- endmacro %}
