{#- Holds where no two rows agree in all of the columns, and NULL is a value like others. Of a batched model a run reads the
    batches that it made anew: the event time must be one of the columns, so that rows which agree are of one batch. -#}
{% test distinct_rows(model, columns) %}
    select {{ columns | join(', ') }}, count(*) as rows_found
    from {{ model }}
    where {{ new_rows(model) or 'true' }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
