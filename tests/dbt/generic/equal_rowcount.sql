{#- Holds where both relations have the same number of rows. -#}
{% test equal_rowcount(model, other) %}
    select mine.rows_found as rows_here, theirs.rows_found as rows_there
    from (select count(*) as rows_found from {{ model }}) as mine
    cross join (select count(*) as rows_found from {{ other }}) as theirs
    where mine.rows_found <> theirs.rows_found
{% endtest %}
