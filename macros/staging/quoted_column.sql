{#- A column's name, quoted: bare, PostgreSQL reads `user` or `current_date` as functions of its own and `order` as a
    fault. A name of raw in whatever letters, or any plain one; whatever else stands there (an expression, a name in
    quotes) stays as it is. -#}
{% macro quoted_column(value) -%}
    {%- set plain = value | trim -%}
    {%- if plain in raw_types() or modules.re.fullmatch('[a-z_][a-z0-9_]*', plain) and plain not in ['null', 'true', 'false'] -%}
        {{ return(adapter.quote(plain | replace('"', '""'))) }}
    {%- endif -%}
    {{ return(value) }}
{%- endmacro %}
