{#- A decimal rounded to 0 to 3 digits, half away from zero. -#}
{% macro rounded(number, digits) -%}{{ return(adapter.dispatch('rounded', 'weir')(number, digits)) }}{%- endmacro %}
{% macro default__rounded(number, digits) -%}
    case {{ digits }}
        {%- for constant in range(4) %} when {{ constant }} then round({{ number }}, {{ constant }}){% endfor %} end
{%- endmacro %}
{% macro postgres__rounded(number, digits) -%}round({{ number }}, {{ digits }}){%- endmacro %}
