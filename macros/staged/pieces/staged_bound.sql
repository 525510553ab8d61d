{#- The condition that limits a read of raw to the step's loads. It names them one by one, so that the block-range index
    can serve. -#}
{% macro staged_bound(step, alias) -%}
    {%- if not step.loads -%}
        false
    {%- else -%}
        {{ alias }}._dlt_load_id in (
            {%- for load in step.loads %}{{ staged_literal(load.load_id) }}{{ ', ' if not loop.last }}{% endfor -%}
        )
        {%- if step.seqs %} and {{ alias }}._seq in ({{ step.seqs | join(', ') }}){% endif %}
    {%- endif -%}
{%- endmacro %}
