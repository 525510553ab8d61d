{#- The engine's own word for a type of PostgreSQL: text is string on Spark. -#}
{% macro sql_type(type) -%}{{ return(adapter.dispatch('sql_type', 'weir')(type)) }}{%- endmacro %}
{% macro postgres__sql_type(type) -%}{{ return(type) }}{%- endmacro %}
{% macro default__sql_type(type) -%}
    {%- set words = {'text': 'string', 'character varying': 'string', 'varchar': 'string', 'timestamp with time zone': 'timestamp',
        'timestamptz': 'timestamp', 'timestamp without time zone': 'timestamp_ntz', 'double precision': 'double', 'real': 'float',
        'numeric': 'decimal(38, 18)', 'text[]': 'array<string>', 'time': 'string', 'time without time zone': 'string', 'jsonb': 'string'} -%}
    {{ return(words.get(type | lower | trim, type)) }}
{%- endmacro %}
