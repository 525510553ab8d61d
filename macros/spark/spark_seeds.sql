{#- dbt's own: a seed's table. The types in a seed's YAML are PostgreSQL's. -#}
{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set sql = 'create or replace table ' ~ this.render() ~ ' (' ~ seed_columns(model, agate_table) ~ ') using delta' -%}
    {%- call statement('create_csv_table') -%} {{ sql }} {%- endcall -%}
    {{ return(sql) }}
{%- endmacro %}

{% macro spark__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {{ return(create_csv_table(model, agate_table)) }}
{%- endmacro %}

{#- dbt's own: the rows of a seed, by one statement. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model['config'].get('column_types') or {} -%}
    {%- set sql -%}
        insert into {{ this.render() }} values
        {%- for row in agate_table.rows %}
        (
            {%- for name in agate_table.column_names -%}
                {%- set type = types.get(name) or adapter.convert_type(agate_table, loop.index0) -%}
                cast({{ 'null' if row[name] is none else spark_literal(row[name]) }} as {{ sql_type(type) }}){{ ', ' if not loop.last }}
            {%- endfor -%}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    {%- endset -%}
    {%- if agate_table.rows | length -%}{%- do adapter.add_query(sql, abridge_sql_log=True) -%}{%- endif -%}
    {{ return(sql) }}
{%- endmacro %}
