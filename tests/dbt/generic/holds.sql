{#- Holds where the predicate is true for every row; NULL is a fault. On a column, the column may be named in it. A
    predicate that looks at other rows or tables is put to all rows. -#}
{% test holds(model, predicate, column_name=none) %}
    select *
    from {{ model }}
    where ({{ predicate }}) is not true
        {%- if 'select' not in predicate | lower %} and {{ new_rows(model) or 'true' }}{% endif %}
{% endtest %}
