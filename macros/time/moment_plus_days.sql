{#- A moment some days (of 24 hours) later. -#}
{% macro moment_plus_days(moment, days) -%}{{ return(adapter.dispatch('moment_plus_days', 'weir')(moment, days)) }}{%- endmacro %}
{% macro default__moment_plus_days(moment, days) -%}timestampadd(hour, 24 * ({{ days }}), {{ moment }}){%- endmacro %}
{% macro postgres__moment_plus_days(moment, days) -%}
    ({{ moment }} + make_interval(hours => cast(24 * ({{ days }}) as integer)))
{%- endmacro %}
