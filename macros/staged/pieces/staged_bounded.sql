{#- The model's SQL over the landed rows of the step. `offset '0'` (behind typed, and behind a CTE that only reads raw)
    keeps PostgreSQL from computing a column again for every use of it: more than half of the time. A bare 0
    PostgreSQL takes for a number that it does not know yet: then no parallel worker types rows. -#}
{% macro staged_bounded(names) -%}
    {%- set code = sql | replace(as_of(), '_landed_as_of') -%}
    {%- set code = modules.re.sub('(true as _carried\\s+from\\s[^()]+)[)]', '\\1 offset \'0\')', code) -%}
    {%- set code = modules.re.sub(modules.re.escape(names.raw) ~ '(\\s*[)])', '_landed offset \'0\'\\1', code) -%}
    {{ return(code | replace(names.raw, '_landed')) }}
{%- endmacro %}
