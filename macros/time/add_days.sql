{#- A date some days later; earlier where the number is negative. -#}
{% macro add_days(date, days) -%}{{ return(adapter.dispatch('add_days', 'weir')(date, days)) }}{%- endmacro %}
{% macro default__add_days(date, days) -%}date_add({{ date }}, cast({{ days }} as int)){%- endmacro %}
{% macro postgres__add_days(date, days) -%}({{ date }} + cast({{ days }} as integer)){%- endmacro %}
