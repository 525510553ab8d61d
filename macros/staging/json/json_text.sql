{#- A field of a document as text, by its path: json_text('document', 'account.id'). NULL where it is absent or null.
    Where a name holds a dot itself, the path is a list: ['account', 'a.b']. -#}
{% macro json_text(document, path) -%}
    {{ return(adapter.dispatch('json_text', 'weir')(document, path.split('.') if path is string else path)) }}
{%- endmacro %}

{% macro default__json_text(document, path) -%}
    get_json_object({{ document }}, '$.{{ path | join(".") }}')
{%- endmacro %}

{% macro postgres__json_text(document, path) -%}
    {%- if path | length == 1 -%}
        {{ document }} ->> {{ staged_literal(path[0]) }}
    {%- else -%}
        {%- set names = [] -%}
        {%- for name in path -%}{%- do names.append(name | replace('\\', '\\\\') | replace('"', '\\"')) -%}{%- endfor -%}
        {{ document }} #>> {{ staged_literal('{"' ~ names | join('","') ~ '"}') }}
    {%- endif -%}
{%- endmacro %}
