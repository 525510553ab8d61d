{#- What parse, carry and reject know of each other inside one model; the same after each rendering. -#}
{% macro staged_state() -%}
    {%- if '_staged' not in model -%}
        {%- do model.update({'_staged': {'parsed': {}, 'key': [], 'unreadable': false}}) -%}
    {%- endif -%}
    {{ return(model['_staged']) }}
{%- endmacro %}
