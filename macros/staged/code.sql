{#- The compiled code without comments, spaces and the moment of the run: its digest tells whether the code has changed. -#}
{% macro staged_code() -%}
    {%- set code = modules.re.sub('(?m)^[ ]*--.*$', '', sql | replace(as_of(), '_landed_as_of')) -%}
    {{ return('1 ' ~ modules.re.sub('[ \n\t]+', ' ', code) | trim) }}
{%- endmacro %}
