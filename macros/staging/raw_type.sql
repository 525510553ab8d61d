{#- The type of a column in raw; '' for text, for an expression, and where the select of carry() doesn't read raw itself:
    a step between may have made another thing of it. -#}
{% macro raw_type(value) -%}
    {%- set direct = modules.re.search('\\bcarry\\([^{}]*\\)\\s*-?\\}\\}(?:\\s|--[^\\n]*\\n)*from\\s+\\{\\{', model.get('raw_code') or '') -%}
    {{ return(raw_types().get(value | trim | replace('"', ''), '') if direct else '') }}
{%- endmacro %}
