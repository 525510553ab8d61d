{#- The run this step belongs to: var('run_id'), else WEIR_RUN_ID, else none. -#}
{% macro run_id() -%}
    {{ return(var('run_id', none) or dbt_metadata_envs.get('WEIR_RUN_ID') or none) }}
{%- endmacro %}
