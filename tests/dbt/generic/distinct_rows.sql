{#- Holds where no two rows agree in all of the columns, and NULL is a value like others. Of a batched model a run reads the
    rows that it made anew, where the event time and the column of `by` are among the columns: rows that agree are then
    of one batch and key. -#}
{% test distinct_rows(model, columns) %}
    select {{ columns | join(', ') }}, count(*) as rows_found
    from {{ model }}
    where {{ new_rows_together(model, columns) or 'true' }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
