{#- When a fact was known: at its event time if it came with the table's first load, else not before the load that
    brought it. Features use only facts with known_at <= the as-of moment. -#}
{% macro known_at(event_time, known_from='_known_from') -%}
    greatest({{ event_time }}, coalesce({{ known_from }}, {{ event_time }}))
{%- endmacro %}
