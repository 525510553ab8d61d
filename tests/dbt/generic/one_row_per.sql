{#- Holds where no two rows agree in all of the columns: the grain, as the first line of the model states it.
    A NULL in a column of the grain is a fault too. -#}
{% test one_row_per(model, columns) %}
    select
        {{ columns | join(', ') }},
        count(*) as rows_found
    from {{ model }}
    group by {{ columns | join(', ') }}
    having
        count(*) > 1
        {%- for column in columns %}
        or {{ column }} is null
        {%- endfor %}
{% endtest %}
