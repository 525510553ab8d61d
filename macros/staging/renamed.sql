{#- A column that the source has renamed. `names` lists its names, newest first; the first one that holds a value counts. A
    name that never landed is left out, so a model may list a name before it comes.

    relation  what source() gave (call it once, `{% set users = source('app', 'users') %}`) -#}
{% macro renamed(relation, names) -%}
    {%- if names is string or names is not iterable or not names -%}
        {%- do exceptions.raise_compiler_error(
            'renamed(' ~ names ~ ') in ' ~ model.name ~ ': names is a list of columns, newest first: [\'language\', \'locale\']'
        ) -%}
    {%- endif -%}
    {%- set landed = [] -%}
    {%- if execute -%}
        {#- In a unit test the relation is a fixture, which has no columns to ask for: raw_types knows those of the table. -#}
        {%- set landed = raw_types() | list or adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    {%- endif -%}
    {%- set found = names | select('in', landed) | list or names[-1:] -%}
    {{ 'coalesce(' ~ found | join(', ') ~ ')' if found | length > 1 else found[0] }}
{%- endmacro %}
