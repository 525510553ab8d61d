{#- Holds where every one of the columns has a value in every row. -#}
{% test never_null(model, columns) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    where ({{ columns | join(' is null or ') }} is null)
        and {{ new_rows(model) or 'true' }}
        and not {{ proven_never_null(model, columns) }}
{% endtest %}
