{#- dbt's own tests as PostgreSQL answers them here: from the catalog where that proves the claim, and in a run from the
    new rows. They find what dbt's find. -#}
{% macro postgres__test_unique(model, column_name) -%}
    {%- set new = new_rows(model) -%}
    select unique_field, n_records
    from (
        select {{ column_name }} as unique_field, count(*) as n_records
        from {{ model }}
        where {{ column_name }} is not null
            {%- if new %} and {{ column_name }} in (select {{ column_name }} from {{ model }} where {{ new }}){% endif %}
        group by {{ column_name }}
        having count(*) > 1
    ) as found
    where not ({{ proven_unique(model, [column_name]) }} or {{ proven_by_key(model, [column_name]) }})
{%- endmacro %}

{% macro postgres__test_not_null(model, column_name) -%}
    select {{ '*' if should_store_failures() else column_name }}
    from {{ model }}
    where {{ column_name }} is null
        and {{ new_rows(model) or 'true' }}
        and not {{ proven_never_null(model, [column_name]) }}
{%- endmacro %}

{% macro postgres__test_accepted_values(model, column_name, values, quote=True) -%}
    {%- set allowed = [] -%}
    {%- for value in values -%}{%- do allowed.append("'" ~ value ~ "'" if quote else value) -%}{%- endfor -%}
    select value_field, n_records
    from (
        select {{ column_name }} as value_field, count(*) as n_records
        from {{ model }}
        where {{ new_rows(model) or 'true' }}
        group by {{ column_name }}
    ) as all_values
    where value_field not in ({{ allowed | join(', ') }})
{%- endmacro %}
