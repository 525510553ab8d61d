{#- Before every dbt command that builds or tests: refuse production by hand; in dev make the tables that staged models write. -#}
{% macro on_start() -%}
    {%- if execute and flags.WHICH in ['run', 'build', 'seed', 'snapshot', 'test', 'retry'] -%}
        {%- if target.name == 'prod' and flags.WHICH != 'test' and env_var('WEIR_RUN', '') != '1' -%}
            {%- do exceptions.raise_compiler_error(
                'dbt ' ~ flags.WHICH ~ ' --target prod is not for use by hand: type `weir build` then `weir publish`, or `weir run`'
            ) -%}
        {%- endif -%}
        {%- if target.type == 'spark' -%}{%- do make_ledger_on_spark() -%}
        {%- elif target.name != 'prod' -%}{%- do make_ledger() -%}{%- endif -%}
    {%- endif -%}
{%- endmacro %}
