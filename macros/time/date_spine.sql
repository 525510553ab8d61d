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
