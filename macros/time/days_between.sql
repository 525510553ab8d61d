{#- Whole days from the first date to the second: 0 on the same day, negative where the second is earlier. -#}
{% macro days_between(first, second) -%}{{ return(adapter.dispatch('days_between', 'weir')(first, second)) }}{%- endmacro %}
{% macro default__days_between(first, second) -%}datediff({{ second }}, {{ first }}){%- endmacro %}
{% macro postgres__days_between(first, second) -%}(({{ second }}) - ({{ first }})){%- endmacro %}
