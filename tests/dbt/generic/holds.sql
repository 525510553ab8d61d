{#- Holds where the predicate is true for every row; NULL is a fault. On a column, the column may be named in it. A
    predicate that looks at other rows or tables, or at the clock, is put to all rows. -#}
{% test holds(model, predicate, column_name=none) %}
    {#- not by the macro: a test that calls it is taken for a reader of the clock -#}
    {%- set moment = dbt_metadata_envs.get('WEIR_AS_OF') or run_started_at.isoformat() -%}
    {%- set beyond = moment in predicate or modules.re.search('(?i)select|current_|localtime|now *[(]', predicate) %}
    select *
    from {{ model }}
    where ({{ predicate }}) is not true
        {%- if not beyond %} and {{ new_rows(model) or 'true' }}{% endif %}
{% endtest %}
