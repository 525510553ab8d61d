{#- dbt calls this for a seed whose table is not there yet. -#}
{% macro postgres__create_csv_table(model, agate_table) -%}
    {%- set sql = 'create table ' ~ this.render() ~ ' (' ~ seed_columns(model, agate_table) ~ ')' -%}
    {%- call statement('create_csv_table') -%} {{ sql }} {%- endcall -%}
    {{ return(sql) }}
{%- endmacro %}
