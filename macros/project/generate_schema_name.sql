{#- The schema of a model, by its folder: staging, intermediate, analytics, ops, quality (dbt_project.yml).
    dev puts DBT_DEV_PREFIX before each. prod builds marts in analytics_next, where publication takes them from;
    the docs of prod (WEIR_DOCS=1) show them under analytics, where readers find them. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set schema = custom_schema_name | trim if custom_schema_name else 'staging' -%}
    {%- if target.name != 'prod' -%}
        {{ dev_prefix() }}{{ schema }}
    {%- elif schema == 'analytics' and env_var('WEIR_DOCS', '') != '1' -%}
        analytics_next
    {%- else -%}
        {{ schema }}
    {%- endif -%}
{%- endmacro %}
