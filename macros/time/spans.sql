{#- Whole days from the first date to the second: 0 on the same day, negative where the second is earlier. -#}
{% macro days_between(first, second) -%}{{ return(adapter.dispatch('days_between', 'weir')(first, second)) }}{%- endmacro %}
{% macro default__days_between(first, second) -%}datediff({{ second }}, {{ first }}){%- endmacro %}
{% macro postgres__days_between(first, second) -%}(({{ second }}) - ({{ first }})){%- endmacro %}

{#- Calendar months from the first date's month to the second's: 1 from 31 January to 1 February. -#}
{% macro months_between(first, second) -%}
    cast(
        (extract(year from {{ second }}) - extract(year from {{ first }})) * 12
        + extract(month from {{ second }}) - extract(month from {{ first }}) as integer
    )
{%- endmacro %}

{#- Whole seconds from the first moment to the second, rounded down. -#}
{% macro seconds_between(first, second) -%}
    {{ return(adapter.dispatch('seconds_between', 'weir')(first, second)) }}
{%- endmacro %}
{% macro default__seconds_between(first, second) -%}
    cast(floor((unix_micros({{ second }}) - unix_micros({{ first }})) / 1000000) as bigint)
{%- endmacro %}
{% macro postgres__seconds_between(first, second) -%}
    cast(floor(extract(epoch from {{ second }}) - extract(epoch from {{ first }})) as bigint)
{%- endmacro %}

{#- Hours between two moments, rounded to two decimals. -#}
{% macro hours_between(first, second) -%}
    cast(round(cast({{ seconds_between(first, second) }} as numeric(18, 4)) / 3600, 2) as numeric(18, 2))
{%- endmacro %}

{#- A table of every date from the first to the last, both included, as date_day:
    select days.date_day from {{ date_spine("date '2024-01-01'", as_of_date()) }} as days
    The bounds are SQL, a scalar subquery in parentheses too; none where a bound is NULL or the last before the first. -#}
{% macro date_spine(first, last) -%}{{ return(adapter.dispatch('date_spine', 'weir')(first, last)) }}{%- endmacro %}
{% macro default__date_spine(first, last) -%}
    (
        select explode(sequence(first_day, last_day)) as date_day
        from (select {{ first }} as first_day, {{ last }} as last_day) as bounds
        where first_day <= last_day
    )
{%- endmacro %}
{% macro postgres__date_spine(first, last) -%}
    (
        select bounds.first_day + days.number as date_day
        from (select {{ first }} as first_day, {{ last }} as last_day) as bounds
        cross join generate_series(0, bounds.last_day - bounds.first_day) as days (number)
    )
{%- endmacro %}

{#- A table of the first day of every month from the first date's to the last date's, both included, as date_month. -#}
{% macro month_spine(first, last) -%}{{ return(adapter.dispatch('month_spine', 'weir')(first, last)) }}{%- endmacro %}
{% macro default__month_spine(first, last) -%}
    (
        select explode(sequence(trunc(first_day, 'MM'), trunc(last_day, 'MM'), interval 1 month)) as date_month
        from (select {{ first }} as first_day, {{ last }} as last_day) as bounds
        where trunc(first_day, 'MM') <= trunc(last_day, 'MM')
    )
{%- endmacro %}
{% macro postgres__month_spine(first, last) -%}
    (
        select {{ add_months(month_start('bounds.first_day'), 'months.number') }} as date_month
        from (select {{ first }} as first_day, {{ last }} as last_day) as bounds
        cross join generate_series(0, {{ months_between('bounds.first_day', 'bounds.last_day') }}) as months (number)
    )
{%- endmacro %}
