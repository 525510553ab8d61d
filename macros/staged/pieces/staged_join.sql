{#- The join of the batch with what is known of repeated keys, where there are any. -#}
{% macro staged_join(step) -%}
    from _batch as b
    {%- if step.repeated %}
    left join _versions as v on b._seq = v._seq
    {%- endif %}
{%- endmacro %}
