{#- The type of a column in raw. It is '' for text, for an expression, and where the select of carry() reads another CTE,
    which may have changed the column. -#}
{% macro raw_type(value) -%}
    {%- set direct = modules.re.search('\\bcarry\\([^{}]*\\)\\s*-?\\}\\}(?:\\s|--[^\\n]*\\n)*from\\s+\\{\\{', model.get('raw_code') or '') -%}
    {{ return(raw_types().get(value | trim | replace('"', ''), '') if direct else '') }}
{%- endmacro %}
