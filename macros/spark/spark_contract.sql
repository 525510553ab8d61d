{#- dbt's own: the columns of a contract as an empty select. Contracts name PostgreSQL's types. -#}
{% macro spark__get_empty_schema_sql(columns) -%}
    select
        {%- for column in columns.values() %}
        cast(null as {{ sql_type(column['data_type']) }}) as {{ adapter.quote(column['name']) }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
{%- endmacro %}

{#- dbt's own: tables of Parquet have no constraints. The tests of a model say the same. -#}
{% macro spark__persist_constraints(relation, model) -%}{%- endmacro %}
