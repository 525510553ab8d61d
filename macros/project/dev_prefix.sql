{#- What stands before the name of every schema that this target makes: nothing in prod. -#}
{% macro dev_prefix() -%}
    {{ return('' if target.name == 'prod' else env_var('DBT_DEV_PREFIX', 'dev_')) }}
{%- endmacro %}
