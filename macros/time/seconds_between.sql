{#- Whole seconds from the first moment to the second, rounded down. -#}
{% macro seconds_between(first, second) -%}
    {{ return(adapter.dispatch('seconds_between', 'weir')(first, second)) }}
{%- endmacro %}
{% macro default__seconds_between(first, second) -%}
    cast(floor((unix_micros({{ second }}) - unix_micros({{ first }})) / 1000000) as bigint)
{%- endmacro %}
{% macro postgres__seconds_between(first, second) -%}
    cast(floor(extract(epoch from {{ second }}) - extract(epoch from {{ first }})) as bigint)
{%- endmacro %}
