{#- dbt calls this for a seed whose table is there. Its rows are deleted where the columns are the same. Where a column
    came, went or changed its type, the table is made anew, and the views that read it with it. dbt's own macro would
    insert into the old columns, and fail in each run until a full refresh. -#}
{% macro postgres__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {%- set table = old_relation.render() -%}
    {%- call statement('seed_shape', fetch_result=true) -%}
        create temporary table _shape ({{ seed_columns(model, agate_table) }}) on commit drop;
        select {{ staged_shape_of(staged_literal(table)) }} is not distinct from {{ staged_shape_of("'pg_temp._shape'") }}
    {%- endcall -%}
    {%- if load_result('seed_shape').table.rows[0][0] and not full_refresh -%}
        {%- set sql = 'truncate table ' ~ table -%}
    {%- else -%}
        {%- set sql = staged_replace({'table': table}) -%}
    {%- endif -%}
    {%- call statement('reset_csv_table') -%} {{ sql }} {%- endcall -%}
    {{ return(sql) }}
{%- endmacro %}
