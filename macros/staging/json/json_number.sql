{#- A field of a document as a number, a moment, a date or a boolean. Read as text and parsed, so that no decimal goes
    through a double; what doesn't parse is a reason for reject(). A whole number may be written as 5.0. name: the alias
    that stands behind it, where that can't be read in the model. -#}
{% macro json_number(document, path, type='numeric', name=none) -%}
    {%- set text = json_text(document, path) -%}
    {%- if type | lower in ['integer', 'bigint'] -%}
        {%- set text = "regexp_replace(" ~ text ~ ", '[.]0+$', '')" -%}
    {%- endif -%}
    {{ parse(text, type, name=name or json_name(path, 'number')) }}
{%- endmacro %}
