{#- Holds where the predicate is true for every row; NULL is a fault. On a column, the column may be named in it. -#}
{% test holds(model, predicate, column_name=none) %}
    select *
    from {{ model }}
    where ({{ predicate }}) is not true
{% endtest %}
