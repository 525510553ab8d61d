{#- A field of a document as a number, a moment, a date or a boolean. Read as text and parsed, so that no decimal goes
    through a double; what doesn't parse is a reason for reject(). name: the alias that stands behind it,
    where that can't be read in the model. -#}
{% macro json_number(document, path, type='numeric', name=none) -%}
    {{ parse(json_text(document, path), type, name=name or json_name(path, 'number')) }}
{%- endmacro %}
