{#- The elements of an array as one text. -#}
{% macro array_text(elements, separator='; ') -%}
    {{ return(adapter.dispatch('array_text', 'weir')(elements, separator)) }}
{%- endmacro %}

{% macro default__array_text(elements, separator) -%}
    array_join({{ elements }}, '{{ separator }}')
{%- endmacro %}

{% macro postgres__array_text(elements, separator) -%}
    array_to_string({{ elements }}, '{{ separator }}')
{%- endmacro %}
