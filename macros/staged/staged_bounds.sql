{#- The model's SQL over the landed rows of the step. `offset 0` (behind typed, and behind a CTE that only reads raw)
    keeps PostgreSQL from computing a column again for every use of it: more than half of the time. -#}
{% macro staged_bounded(names) -%}
    {%- set code = sql | replace(as_of(), '_landed_as_of') -%}
    {%- set code = modules.re.sub('(true as _carried\\s+from\\s[^()]+)[)]', '\\1 offset 0)', code) -%}
    {%- set code = modules.re.sub(modules.re.escape(names.raw) ~ '(\\s*[)])', '_landed offset 0\\1', code) -%}
    {{ return(code | replace(names.raw, '_landed')) }}
{%- endmacro %}

{#- The step's loads as a list of values: workers that read raw side by side can't see a temporary table. -#}
{% macro staged_values(step) -%}
    (
        values (null::text, null::bigint, null::timestamptz, null::bigint)
        {%- for load in step.loads %},
        ({{ staged_literal(load.load_id) }}, {{ load.position }}, '{{ load.as_of }}', {{ load.landed }})
        {%- endfor %}
    )
{%- endmacro %}

{#- The bound of a read of raw: the step's loads, told one by one so that the block-range index can serve. -#}
{% macro staged_bound(step, alias) -%}
    {%- if not step.loads -%}
        false
    {%- else -%}
        {{ alias }}._dlt_load_id in (
            {%- for load in step.loads %}{{ staged_literal(load.load_id) }}{{ ', ' if not loop.last }}{% endfor -%}
        )
    {%- endif -%}
{%- endmacro %}

{% macro staged_literal(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}
