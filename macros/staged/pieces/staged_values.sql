{#- The step's loads as a list of values, for parallel workers of PostgreSQL can't read a temporary table. -#}
{% macro staged_values(step) -%}
    (
        values (null::text, null::bigint, null::timestamptz, null::bigint)
        {%- for load in step.loads %},
        ({{ staged_literal(load.load_id) }}, {{ load.position }}, '{{ load.as_of }}', {{ load.landed }})
        {%- endfor %}
    )
{%- endmacro %}
