{% macro json_date(document, path, name=none) -%}
    {{ parse(json_text(document, path), 'date', name=name or json_name(path, 'date')) }}
{%- endmacro %}
