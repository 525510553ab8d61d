{#- A column's name in quotes. Without quotes PostgreSQL reads `user` and `current_date` as functions of its own, and `order`
    as a mistake. Quoted are names of columns in raw, and plain names; an expression stays as it is. -#}
{% macro quoted_column(value) -%}
    {%- set plain = value | trim -%}
    {%- if plain in raw_types() or modules.re.fullmatch('[a-z_][a-z0-9_]*', plain) and plain not in ['null', 'true', 'false'] -%}
        {{ return(adapter.quote(plain | replace('"', '""'))) }}
    {%- endif -%}
    {{ return(value) }}
{%- endmacro %}
