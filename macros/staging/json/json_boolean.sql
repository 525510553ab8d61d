{% macro json_boolean(document, path, name=none) -%}
    {{ parse(json_text(document, path), 'boolean', name=name or json_name(path, 'boolean')) }}
{%- endmacro %}
