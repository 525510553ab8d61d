{#- Holds where no two rows agree in all columns but these: rows that came twice under new keys. -#}
{% test no_row_twice(model, but) %}
    {%- set columns = [] -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(model) -%}
            {%- if column.name not in but and not column.name.startswith('_') -%}
                {%- do columns.append('cast(' ~ adapter.quote(column.name) ~ ' as ' ~ sql_type('text') ~ ')') -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif %}
    select
        {{ columns | join(', ') or 1 }},
        count(*) as rows_found
    from {{ model }}
    group by {{ columns | join(', ') or 1 }}
    having count(*) > 1
{% endtest %}
