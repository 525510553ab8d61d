{% macro staged_literal(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}
