{#- A text as SQL for Spark, where a backslash in a literal begins an escape. -#}
{% macro spark_literal(text) -%}
    '{{ text | string | replace('\\', '\\\\') | replace("'", "\\'") }}'
{%- endmacro %}
