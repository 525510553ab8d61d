{#- A field of a document as text, by its path: json_text('document', 'account.id'). NULL where it is absent or null.
    Where a name holds a dot itself, the path is a list: ['account', 'a.b']. -#}
{% macro json_text(document, path) -%}
    {%- set names = path.split('.') if path is string else path -%}
    {%- if names is mapping or names is not iterable or not names or names | reject('string') | list or path is string and '' in names -%}
        {%- do exceptions.raise_compiler_error(
            'json_text(' ~ document ~ ', ' ~ path ~ ') in ' ~ model.name ~ ': path is names joined by dots, such as \'account.id\', '
            ~ 'or a list of names'
        ) -%}
    {%- endif -%}
    {{ return(adapter.dispatch('json_text', 'weir')(document, names)) }}
{%- endmacro %}

{% macro default__json_text(document, path) -%}
    get_json_object({{ document }}, {{ json_path(path) }})
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

{#- The path of a field as Spark's functions take it. -#}
{% macro json_path(path) -%}
    {%- set steps = [] -%}
    {%- for name in path -%}{%- do steps.append("['" ~ name ~ "']") -%}{%- endfor -%}
    {{ return(spark_literal('$' ~ steps | join)) }}
{%- endmacro %}
