{#- A field of a document as a number, a moment, a date or a boolean. Read as text and parsed, so that no decimal goes
    through a double; what doesn't parse is a reason for reject(). A whole number may be written as 5.0. name: the alias
    that stands behind it, where that can't be read in the model. -#}
{% macro json_number(document, path, type='numeric', name=none) -%}
    {%- set text = json_number_text(document, path) -%}
    {%- if type | lower in ['integer', 'bigint'] -%}
        {%- set text = "regexp_replace(" ~ text ~ ", '[.]0+$', '')" -%}
    {%- endif -%}
    {{ parse(text, type, name=name or json_name(path, 'number')) }}
{%- endmacro %}

{#- A number of a document as text with all its digits. Spark's get_json_object would read it by way of a double; a variant
    keeps 38 digits, and leaves out zeros at the end, which a number has no use for. -#}
{% macro json_number_text(document, path) -%}
    {%- set text = json_text(document, path) -%}
    {{ return(adapter.dispatch('json_number_text', 'weir')(text, document, path.split('.') if path is string else path)) }}
{%- endmacro %}
{% macro postgres__json_number_text(text, document, path) -%}{{ return(text) }}{%- endmacro %}
{% macro default__json_number_text(text, document, path) -%}
    try_variant_get(try_parse_json({{ document }}), {{ json_path(path) }}, 'string')
{%- endmacro %}
