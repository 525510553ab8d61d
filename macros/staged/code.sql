{#- The compiled code as its digest sees it: no comments, no spaces, no moment of the run. -#}
{% macro staged_code() -%}
    {%- set code = modules.re.sub('(?m)^[ ]*--.*$', '', sql | replace(as_of(), '_landed_as_of')) -%}
    {{ return('1 ' ~ modules.re.sub('[ \n\t]+', ' ', code) | trim) }}
{%- endmacro %}
