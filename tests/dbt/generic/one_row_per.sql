{#- Holds where no two rows agree in all of the columns: the grain, as the first line of the model states it.
    A NULL in a column of the grain is a fault too. Where a unique index proves the first, only NULLs are looked for;
    where the grain is the key of a staged model, nothing is counted. -#}
{% test one_row_per(model, columns) %}
    {%- set new, names = new_rows(model), columns | join(', ') -%}
    {%- set is_null = columns | join(' is null or ') ~ ' is null' %}
    select *
    from (
        select {{ names }}, count(*) as rows_found
        from {{ model }}
        {%- if new %}
        where ({{ names }}) in (select {{ names }} from {{ model }} where {{ new }})
        {%- endif %}
        group by {{ names }}
        having count(*) > 1{% if not new %} or {{ is_null }}{% endif %}
    ) as repeated
    where not ({{ proven_unique(model, columns) }} or {{ proven_by_key(model, columns) }})
    union all
    select *
    from (
        select {{ names }}, count(*) as rows_found
        from {{ model }}
        where ({{ is_null }}) and {{ new or 'true' }}
        group by {{ names }}
    ) as missing
    where not {{ proven_never_null(model, columns) }}{% if not new %} and {{ proven_unique(model, columns) }}{% endif %}
{% endtest %}
