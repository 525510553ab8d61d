{#- The column of _versions if the key occurs more than once in this batch, else the given default. -#}
{% macro staged_version(step, column, alone) -%}
    {{ 'case when v._seq is null then ' ~ alone ~ ' else v.' ~ column ~ ' end' if step.repeated else alone }}
{%- endmacro %}
