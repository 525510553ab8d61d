{#- The moment a run takes for the present, as SQL. From var('as_of') (unit tests override it there), else WEIR_AS_OF,
    else the start of this dbt command. WEIR_AS_OF comes by way of dbt's metadata, for a change of env_var() or --vars
    costs a full parse. In a staged model it is the moment of the row's load. -#}
{% macro as_of() -%}
    cast('{{ as_of_text() }}' as {{ sql_type('timestamp with time zone') }})
{%- endmacro %}

{% macro as_of_text() -%}
    {{ return(var('as_of', none) or dbt_metadata_envs.get('WEIR_AS_OF') or run_started_at.isoformat()) }}
{%- endmacro %}
