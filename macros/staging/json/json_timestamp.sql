{% macro json_timestamp(document, path, name=none) -%}
    {{ parse(json_text(document, path), 'timestamp', name=name or json_name(path, 'timestamp')) }}
{%- endmacro %}
