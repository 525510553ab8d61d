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

{#- dbt's own: comments on columns, which tables of Parquet do not keep. The docs take them from the YAML. -#}
{% macro spark__persist_docs(relation, model, for_relation, for_columns) -%}{%- endmacro %}

{#- dbt's own: a view without comments on its columns, for which dbt would have the server plan the query twice. -#}
{% macro spark__create_view_as(relation, sql) -%}
    create or replace view {{ relation }} comment {{ spark_literal(model.description) }}
    {%- if config.get('contract').enforced %}
    {{ get_assert_columns_equivalent(sql) }}
    {%- endif %}
    as
    {{ sql }}
{%- endmacro %}
