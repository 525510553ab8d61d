{#- The columns of a seed's table with their types, as SQL. column_types in the seed's YAML is its contract: where it is
    given, the file must have these columns and no others; where it is not, dbt finds the types. -#}
{% macro seed_columns(model, agate_table) -%}
    {%- set types = model['config'].get('column_types') or {} -%}
    {%- set names = agate_table.column_names | list -%}
    {%- if types and types.keys() | sort != names | sort -%}
        {%- do exceptions.raise_compiler_error(
            model.original_file_path ~ ' has the columns ' ~ names | join(', ') ~ ', but its column_types have '
            ~ types.keys() | join(', ') ~ ': write each column of the file, with its type, into the YAML beside it'
        ) -%}
    {%- endif -%}
    {%- for name in names -%}
        {{ adapter.quote_seed_column(name, model['config'].get('quote_columns')) }} {{ sql_type(types.get(name) or adapter.convert_type(agate_table, loop.index0)) }}
        {{- ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
