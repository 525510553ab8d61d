{#- Dates and moments that mean the same on every engine. A moment is a timestamp with time zone; sessions run in UTC. -#}

{#- The date of a moment, in UTC. -#}
{% macro utc_date(moment) -%}{{ return(adapter.dispatch('utc_date', 'weir')(moment)) }}{%- endmacro %}
{% macro default__utc_date(moment) -%}to_date({{ moment }}){%- endmacro %}
{% macro postgres__utc_date(moment) -%}cast({{ moment }} at time zone 'UTC' as date){%- endmacro %}
