{#- The days of the window before each month's as-of moment, with their age then: 0 on the month's `as_of_date`. `months`
    is a relation with month and as_of_date. By it a row of a day joins the months that it counts for by equality: a
    range of days would leave the planner guessing. -#}
{% macro window_days(months, days) -%}
    (
        select
            ends.month,
            spine.date_day,
            {{ days_between('spine.date_day', 'ends.as_of_date') }} as age
        from {{ date_spine(
            '(select ' ~ add_days('min(as_of_date)', 1 - days) ~ ' from ' ~ months ~ ')', '(select max(as_of_date) from ' ~ months ~ ')'
        ) }} as spine
        inner join {{ months }} as ends
            on spine.date_day <= ends.as_of_date and spine.date_day > {{ add_days('ends.as_of_date', -days) }}
    )
{%- endmacro %}
