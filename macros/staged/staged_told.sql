{#- A value from the versions of repeated keys, or what holds for a key that occurs once. -#}
{% macro staged_told(step, column, alone) -%}
    {{ 'case when v._seq is null then ' ~ alone ~ ' else v.' ~ column ~ ' end' if step.repeated else alone }}
{%- endmacro %}
