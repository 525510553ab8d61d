{#- Dates and moments that mean the same on every engine. A moment is a timestamp with time zone; sessions run in UTC. -#}

{#- The date of a moment, in UTC. -#}
{% macro utc_date(moment) -%}{{ return(adapter.dispatch('utc_date', 'weir')(moment)) }}{%- endmacro %}
{% macro default__utc_date(moment) -%}to_date({{ moment }}){%- endmacro %}
{% macro postgres__utc_date(moment) -%}cast({{ moment }} at time zone 'UTC' as date){%- endmacro %}

{#- The first moment of a date, in UTC. -#}
{% macro day_start(date) -%}{{ return(adapter.dispatch('day_start', 'weir')(date)) }}{%- endmacro %}
{% macro default__day_start(date) -%}cast({{ date }} as timestamp){%- endmacro %}
{% macro postgres__day_start(date) -%}(cast({{ date }} as timestamp) at time zone 'UTC'){%- endmacro %}

{#- The first day of a date's month. -#}
{% macro month_start(date) -%}{{ return(adapter.dispatch('month_start', 'weir')(date)) }}{%- endmacro %}
{% macro default__month_start(date) -%}trunc({{ date }}, 'MM'){%- endmacro %}
{% macro postgres__month_start(date) -%}
    cast(date_trunc('month', cast({{ date }} as timestamp)) as date)
{%- endmacro %}

{#- The last day of a date's month. -#}
{% macro month_end(date) -%}
    {{ add_days(add_months(month_start(date), 1), -1) }}
{%- endmacro %}

{#- A date some days later; earlier where the number is negative. -#}
{% macro add_days(date, days) -%}{{ return(adapter.dispatch('add_days', 'weir')(date, days)) }}{%- endmacro %}
{% macro default__add_days(date, days) -%}date_add({{ date }}, cast({{ days }} as int)){%- endmacro %}
{% macro postgres__add_days(date, days) -%}({{ date }} + cast({{ days }} as integer)){%- endmacro %}

{#- A date some months later, on the month's last day where it has no such day: 31 January + 1 is 28 February. -#}
{% macro add_months(date, months) -%}{{ return(adapter.dispatch('add_months', 'weir')(date, months)) }}{%- endmacro %}
{% macro default__add_months(date, months) -%}add_months({{ date }}, cast({{ months }} as int)){%- endmacro %}
{% macro postgres__add_months(date, months) -%}
    cast(cast({{ date }} as timestamp) + make_interval(months => cast({{ months }} as integer)) as date)
{%- endmacro %}

{#- A moment some days (of 24 hours) later. -#}
{% macro moment_plus_days(moment, days) -%}{{ return(adapter.dispatch('moment_plus_days', 'weir')(moment, days)) }}{%- endmacro %}
{% macro default__moment_plus_days(moment, days) -%}timestampadd(hour, 24 * ({{ days }}), {{ moment }}){%- endmacro %}
{% macro postgres__moment_plus_days(moment, days) -%}
    ({{ moment }} + make_interval(hours => cast(24 * ({{ days }}) as integer)))
{%- endmacro %}
