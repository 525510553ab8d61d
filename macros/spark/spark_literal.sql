{#- A text as SQL for Spark, where a backslash in a literal begins an escape. -#}
{% macro spark_literal(text) -%}
    '{{ text | string | replace('\\', '\\\\') | replace("'", "\\'") }}'
{%- endmacro %}

{#- dbt's own: the inside of a literal; values of unit tests' fixtures go through it. dbt's forgets the backslash. -#}
{% macro spark__escape_single_quotes(expression) -%}
{{ expression | replace('\\', '\\\\') | replace("'", "\\'") }}
{%- endmacro %}
