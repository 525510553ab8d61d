{#- The first moment of a date, in UTC. -#}
{% macro day_start(date) -%}{{ return(adapter.dispatch('day_start', 'weir')(date)) }}{%- endmacro %}
{% macro default__day_start(date) -%}cast({{ date }} as timestamp){%- endmacro %}
{% macro postgres__day_start(date) -%}(cast({{ date }} as timestamp) at time zone 'UTC'){%- endmacro %}
