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
